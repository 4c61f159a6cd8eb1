import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../../src/notes/markdown/read-note.js';
import { isFull } from '../../full.js';

/** At least so many characters of a text over and over. */
const fill = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length);

/** As many different pieces as fit. */
function count(length: number, piece: (index: number) => string): string {
  const pieces: string[] = [];
  for (let index = 0, total = 0; total < length; index++) {
    pieces.push(piece(index));
    total += pieces.at(-1)?.length ?? 1;
  }
  return pieces.join('');
}

const repeated = [
  ...[
    '-',
    '* ',
    '- ',
    '- * + 1. ',
    '>',
    '> a\n',
    '> - ',
    '[',
    ']',
    '[]',
    '![',
    '[a](b)',
    '[a](b)\n\n',
    '[a](b',
    '[a](<b',
    '[a](b "',
    '[a](b (',
    '[a](b \'"',
    '[a](\\(',
  ],
  ...[
    '[[a]]',
    '[[a',
    '[[a|',
    '![[',
    '` ``',
    '\\',
    '\\[',
    '<a b="',
    `<a b='" c="`,
    '<a ',
    '</a ',
    '<a b=',
    '<a:b',
    '<a@',
    'x <!-- ',
    'x <? ',
    'x <!A ',
    'x <![CDATA[ ',
    '<div>\n',
    '<div>\n\n',
    '<pre>\n',
  ],
  ...[
    '$',
    '$a ',
    '$$ a ',
    '$$\n',
    '$a$',
    '{{ ',
    '{% ',
    '{#a ',
    '{{< code >}}\n',
    '%%a\n',
    '%% ',
    '<% ',
    '<%\n\n',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '- a\n',
    'a\n\n',
    '# a\n',
    'a\n=\n',
    '---\n\n',
    '```\n',
    '~~~a\n~~~\n',
    '> ```\n',
  ],
  ...[
    '[a]: b\n',
    '[a]: b "x\n',
    '[a]:\n',
    '[a]: <b\n',
    '[a][',
    '[^1]: a\n',
    '|a|b|\n',
    '|-',
    'http://',
    'a://b ',
    'a:',
    '**a:** ',
    '**a** ',
    '!!! a\n',
    ': a\n',
    '[a](&#1;)',
    '#1 ',
    '#a ',
    '#a/',
    'a ^b\n\n',
    '#',
    '\u4e2d\u6587',
    '\ud83d\ude00',
    '_a_',
    '**a ',
    '~~a',
    '==a',
  ],
];
const constructs: readonly (readonly [name: string, make: (length: number) => string])[] = [
  ...repeated.map((text) => [JSON.stringify(text), (length: number) => fill(text, length)] as const),
  ['a tag of slashes', (length) => `#a${fill('/', length)}b`],
  ['combining marks', (length) => `#a${fill('\u0301\u0327', length)}`],
  ['a heading of combining marks', (length) => `# a${fill('\u0301\u0327', length)}`],
  ['items on one line, and text', (length) => `${fill('* ', length)}x`],
  ['lazy lines of deep quotes', (length) => `${fill('>', length / 2)}a\n${fill('b\n', length / 2)}`],
  ['brackets that open and close', (length) => fill('[', length / 2) + fill(']', length / 2)],
  ['images in images', (length) => fill('![', length / 2) + fill('](a)', length / 2)],
  ['runs of backticks of every length', (length) => count(length, (index) => `${'`'.repeat(index + 1)} `)],
  ['a tag of attributes that is never closed', (length) => `<a${fill(' b', length)}<`],
  ['deeper and deeper items', (length) => count(length, (index) => `${' '.repeat(2 * index)}- a\n`)],
  ['empty lines in deep items', (length) => `${fill('- ', 190)}x\n${fill('\n', length)}`],
  ['quoted lines in deep quotes', (length) => `${fill('>', 99)}a\n${fill('>\n', length)}`],
  ['references with a definition', (length) => `[x]: y\n\n${fill('[x][x] [a][', length)}`],
  ['a table', (length) => `|a|b|\n|-|-|\n${fill('|a|b|\n===\n', length)}`],
  ['a delimiter row of blanks', (length) => `a|b\n|-${fill(' ', length)}x`],
  ['tags', (length) => count(length, (index) => `#a${index} `)],
  ['a paragraph that becomes a heading', (length) => `${fill('a\n', length)}===\n`],
  ['a heading of links', (length) => `# ${fill('[a](', length)}`],
  ['a frontmatter that is never closed', (length) => `---\n${fill('a: 1\n', length)}`],
  ['a frontmatter of line breaks', (length) => `---\na: "${fill('\n', length)}"\n---\n`],
  ['TOML that is never closed', (length) => `+++\n${fill('a=1\n', length)}`],
];

/** CPU time of one reading, in ms: the least of a few, for the machine has other things to do. */
function measure(text: string, times: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < times; time++) {
    const before = process.cpuUsage();
    readText(text);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

test('twice the text takes twice the time, whatever it is made of', { timeout: 600_000 }, () => {
  const length = isFull ? 100_000 : 12_000;
  const slow: string[] = [];
  for (const [name, make] of constructs) {
    const [single, double] = [make(length), make(2 * length)];
    let ratio = Number.POSITIVE_INFINITY;
    // What takes under 3 ms says nothing of growth, and a slow moment of the machine nothing of the parser.
    for (let attempt = 0; attempt < 6 && ratio >= 2.6; attempt++) {
      ratio = measure(double, 1) < 3 ? 0 : measure(double, 3) / measure(single, 3);
    }
    if (ratio >= 2.6) slow.push(`${name}: ${ratio.toFixed(2)}`);
  }
  assert.deepEqual(slow, []);
});

test('ten megabytes of anything are read in 20 seconds', {
  skip: isFull ? false : 'with FULL=1',
  timeout: 1_800_000,
}, () => {
  const slow = constructs.flatMap(([name, make]) => {
    // Growth is looked at above: what takes less than this for a tenth is far from the limit.
    if (measure(make(1_000_000), 1) < 350) return [];
    const ms = measure(make(10_000_000), 1);
    return ms < 20_000 ? [] : [`${name}: ${Math.round(ms)} ms`];
  });
  assert.deepEqual(slow, []);
});

const yaml: readonly string[] = [
  'a: 1\n',
  'a\n',
  '- a\n',
  '!a ',
  '- !a b\n',
  '- *a\n',
  '- &a b\n',
  'a: b: c\n',
  '"a\n',
  '- "a\n',
  ': ',
  ', ',
  '[],',
  '{},',
  '[a,',
  '{a: ',
  '? a\n',
  '? a\n: b\n',
  '#\n',
  '%a\n',
  '\t',
  ' ',
  '!',
  '&',
  '*',
  '|\n',
  'a: |\n',
  '"',
  "'",
  '\\',
  '`',
  '@',
  '-',
  '[[a]] ',
];

test('64 KB of any YAML or TOML are read, or refused, in no time', { timeout: 300_000 }, () => {
  const length = isFull ? 65_000 : 6_000;
  const sources = [
    ...yaml.flatMap((text) => [fill(text, length), `a: [${fill(text, length)}`, `a: "${fill(text, length)}`]),
    count(length, (index) => `k${index}: 1\n`),
    count(length, (index) => `- &a${index} x\n`),
  ];
  const slow: string[] = [];
  for (const source of sources) {
    for (const fence of ['---', '+++']) {
      const ms = measure(`${fence}\n${source}\n${fence}\n`, 1);
      if (ms > 4_000) slow.push(`${JSON.stringify(source.slice(0, 30))}: ${Math.round(ms)} ms`);
    }
  }
  assert.deepEqual(slow, []);
  const hundred = `---\n${count(100_000, (index) => `k${index}: 1\n`)}---\n# T`;
  assert.ok(measure(hundred, 3) < 500);
});
