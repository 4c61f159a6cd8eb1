import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../../src/notes/markdown/read-note.js';
import { isFull } from '../../full.js';
import { constructs, count, fill } from './constructs.js';

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
    count(length, (index) => `- &a${index} x\n- *a${index}\n`),
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
