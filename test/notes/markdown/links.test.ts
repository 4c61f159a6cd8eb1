import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readText } from '../../../src/notes/markdown/read-note.js';
import { runs } from '../../full.js';

const short: Readonly<Record<string, string>> = {
  markdown: 'm',
  image: 'i',
  wiki: 'w',
  embed: 'e',
  definition: 'd',
  html: 'h',
};

/** The links of a text in one line: kind, target and anchor. */
function linksOf(text: string): string {
  const { links } = readText(text);
  for (const { target, start, end, spelling } of links) {
    const written = text.slice(start, end);
    assert.ok(!/[[\]|#\n]/.test(written), written);
    if (!/[%&\\]/.test(written) && spelling.yaml === undefined) assert.equal(written, target);
  }
  return links.map(({ kind, target, anchor }) => `${short[kind]} ${target}${anchor}`).join(', ');
}

/** What is no link stands as `no`, so that a link to it shows. */
const cases: readonly (readonly [name: string, text: string, links: string])[] = [
  [
    'wikilinks',
    '[[a]] [[b|x]] [[c#h|x]] ![[d.png|100]] [[e/f.md]] [[日本語|あ]]',
    'w a, w b, w c#h, e d.png, w e/f.md, w 日本語',
  ],
  ['anchors of the same note', '[[#h]] [[#^id]] [[a#^id]] [x](#h)', 'w #h, w #^id, w a#^id, m #h'],
  ['wikilinks in a table', '|[[a\\|x]]|[[b]]|\n|-|-|\n|[[c\\|y]]|![[d]]|', 'w a, w b, w c, e d'],
  ['no wikilinks', '[[no\nno]] [[]] [[ ]] [[|no]] \\[[no]] [[no] ] [ [no]]', ''],
  ['wikilinks to the web', '[[https://no]] [[a: b]]', 'w a: b'],
  ['wikilinks within marks', '==[[a]]== **[[b]]** ~~[[c]]~~ _[[d]]_ ([[e]])', 'w a, w b, w c, w d, w e'],
  [
    'targets',
    '[x](<a b.md> "t") [x]( c.md ) [x](d\\(e\\).md) [x](f(g).md) [x](h%20i.md)',
    'm a b.md, m c.md, m d(e).md, m f(g).md, m h i.md',
  ],
  ['anchors and queries', '[x](a.md#h%20i) ![x](b.png?raw=1#z) [x](What?.md)', 'm a.md#h i, i b.png#z, m What?.md'],
  ['entities', '[x](a&amp;b.md) [x](c%26d.md)', 'm a&b.md, m c&d.md'],
  ['an image in a link', '[![x](a.png)](b.md)', 'i a.png, m b.md'],
  ['a link in a link', '[x [y](a.md) z](no.md)', 'm a.md'],
  ['a reference in a link', '[x [r] z](no.md)\n\n[r]: a.md', 'd a.md'],
  ['a citation', '[[1]](b.md)', 'w 1, m b.md'],
  [
    'the web',
    '[x](http://no) [x](mailto:no@no) [x](//no/no) [x](www.example.org) <http://no> [x](obsidian://open?x=[[no)',
    '',
  ],
  ['definitions', '[r]: a.md\n[s]: <b c.md> "t"\n> [t]: d.md\n\n- [u]: e.md', 'd a.md, d b c.md, d d.md, d e.md'],
  ['a definition in prose', 'text\n[2]: no (2019)\n\n[2]: Doe, A. (2019)\n[3] and [x][y]', ''],
  [
    'what stands apart from the mark before it',
    '[^1]:      [[a]]\n\n[^long]:\t\t[b](b.md)\n\nTerm\n:     [[c]]\n\n        [[no]]\n\n!!! note    "[[d]]"',
    'w a, m b.md, w c, w d',
  ],
  ['footnotes', '[^1]: see [[a]] and [x](b.md)\n\n    more [[c]]\n\ntext[^1] ^[x [[d]]]', 'w a, m b.md, w c, w d'],
  [
    'HTML',
    `<img src="a b.png"> <a href='c.md#h'>[[d]]</a> <video src=e.mp4></video>`,
    'h a b.png, h c.md#h, w d, h e.mp4',
  ],
  ['HTML blocks', '<div>\n<img src="a.png"> [[no]]\n</div>\n\n[[b]]', 'h a.png, w b'],
  ['HTML that is text', '<pre>\n[[no]] <a href="no">\n</pre>\n<script>\n[[no]]\n</script>\n[[a]]', 'w a'],
  ['attributes', '<a title="[[no]]" href="a.md" data-href="no">x</a> [x](b.md){#no .no [[no]]}', 'h a.md, m b.md'],
  ['code', '`[[no]]` ``[[no`]]`` `no\n[x](no)` [[a]] ` [[b]]', 'w a, w b'],
  ['code blocks', '```\n[[no]]\n```\n~~~ x\n[x](no)\n~~~\n\n    [[no]]\n\n[[a]]', 'w a'],
  ['a fence in an item ends with it', '- ```\n  [[no]]\n- [[a]]\n\n1. ~~~\n   [[no]]\n\n[[b]]', 'w a, w b'],
  ['a fence in a quote ends with it', '> ```\n> [[no]]\n\n[[a]]\n> - ~~~\n>   [[no]]\n> - [[b]]', 'w a, w b'],
  ['a fence indented by four closes nothing', '```\n[[no]]\n    ```\n[[no]]\n```\n[[a]]', 'w a'],
  ['a fence within an item of a quote', '> - x\n>   ```\n>   [[no]]\n>   ```\n>   [[a]]', 'w a'],
  ['indented text of a paragraph and of an item', 'x\n    [[a]]\n\n- x\n\n    [[b]]\n\n          [[no]]\n', 'w a, w b'],
  ['math', '$f[a](1 \\le x)$ $[[no]]$ $$[[no]]$$ x $$\n[[no]]\n$$\n\n$$\n[[no]]\n\n[x](no)\n$$\n[[a]]', 'w a'],
  ['dollars that are none', 'costs $5 [[a]] and $6, $ [[b]] $\n\n\\$x [[c]] x$\n\n$x\n[[d]] x$', 'w a, w b, w c, w d'],
  [
    'TeX environments',
    '\\begin{align*}\nf[a](no) &= [[no]] \\\\\n\\begin{cases} [x](no) \\end{cases} [[no]]\n\\end{align*} [[a]] \\begin{x}[[no]]\\end{x}[[b]]',
    'w a, w b',
  ],
  [
    'TeX environments that are none',
    '\\begin{a} [[a]] \\end{b} \\\\begin{c} [[b]] \\end{c} \\end{d} [[c]]',
    'w a, w b, w c',
  ],
  ['math that is never closed', '$$\n[[a]]\n\n[[b]]', 'w a, w b'],
  [
    'comments',
    '%%[[no]]%% <!-- [[no]] --> [[a]]\n\n%%\n[[no]]\n\n[[no]]\n%%\n[[b]]\n\n<!--\n[[no]]\n\n[[no]] --> [[c]]',
    'w a, w b, w c',
  ],
  ['comments that are never closed', '%% [[a]]\n\nx <!-- [[b]]\n\n[[c]]', 'w a, w b, w c'],
  [
    'templates',
    '[x]({{ no }}) {{ [[no]] }} {% [x](no) %} <% [[no]] %> [x]($' + '{no}) [[a]]\n\n<%*\n[[no]]\n\n[[no]]\n%>\n[[b]]',
    'w a, w b',
  ],
  [
    'templates beside links',
    '[x](a.md) {{ no }} [x](<b.md>) {% no %} ![x](c.png "t") <% no %> [x](no{{ y }}.md) [x](<% no %>) [x](d.md)',
    'm a.md, m b.md, i c.png, m d.md',
  ],
  ['shortcodes', '{{% s "[[no]]" %}}\n[[a]]\n{{% /s %}}\n[x]({{< ref "no.md" >}})\n\n[x]([[b]])', 'w a, w b'],
  [
    'blocks of code of templates',
    '{{< highlight go >}}\n[[no]]\n\n[[no]]\n{{< /highlight >}}\n[[a]]\n\n{% raw %}\n[[no]]\n{% endraw %}\n[[b]]',
    'w a, w b',
  ],
  [
    'admonitions',
    '!!! note "x"\n    [[a]]\n\n    [x](b.md)\n\n=== "Tab"\n\n    [[c]]\n\n??? x\n    [[d]]',
    'w a, m b.md, w c, w d',
  ],
  ['callouts', '> [!note] [[a]]\n> [[b]]\n>> [[c]]\n> - [x](d.md)', 'w a, w b, w c, m d.md'],
  ['tasks', '- [x] [[a]]\n- [ ] [x](b.md)\n- [x](c.md)', 'w a, m b.md, m c.md'],
  [
    'after a comment',
    '<!--\n[[no]]\n--> [[a]] <!-- [[no]] --> `<!--` [[b]] -->\n<!--> [[c]] `<!-- ` -->',
    'w a, w b, w c',
  ],
  ['URLs', 'https://no/[no](a.md "x") https://no/#[[no', 'm a.md'],
];

for (const [name, text, expected] of cases) {
  test(`links: ${name}`, () => {
    assert.equal(linksOf(text), expected);
    assert.equal(linksOf(text.replaceAll('\n', '\r\n')), expected);
    assert.equal(linksOf(`---\na: 1\n---\n${text}`), expected);
    // In quotes and items the same; what cannot be told there are blocks that end with them.
    assert.equal(linksOf(text.replace(/^/gm, '> ')), expected);
    if (!/^\s*$/m.test(text)) assert.equal(linksOf(`- ${text.replaceAll('\n', '\n  ')}`), expected);
  });
}

test('links of the frontmatter are read by the way their value is written', () => {
  const text = `---
up: "[[A]]"
single: '[[it''s|x]]'
plain: see [[B#h]]
list: [ "[[C]]", ![[D]] ]
block: >-
  [[E]]
# [[no]]
x: 1 # [[no]]
---
[[F]]
`;
  assert.deepEqual(
    readText(text).links.map(({ kind, target, line, spelling }) => [kind, target, line, spelling.yaml]),
    [
      ['wiki', 'A', 2, 'QUOTE_DOUBLE'],
      ['wiki', "it's", 3, 'QUOTE_SINGLE'],
      ['wiki', 'B', 4, 'PLAIN'],
      ['wiki', 'C', 5, 'QUOTE_DOUBLE'],
      ['embed', 'D', 5, 'FLOW'],
      ['wiki', 'E', 7, 'BLOCK_FOLDED'],
      ['wiki', 'F', 11, undefined],
    ],
  );
});

test('lines are told', () => {
  const { links } = readText('# H\n\n[a *b*](x.md)\n![alt](y.png)\n[[z|the `z`]]\n');
  assert.deepEqual(
    links.map(({ line }) => line),
    [3, 4, 5],
  );
});

test('what is cut is said', () => {
  const many = readText(
    `${'[[a]]\n'.repeat(10_001)}${'# h\n'.repeat(5_001)}${Array.from({ length: 1_001 }, (_, at) => `#t${at}`).join(' ')}`,
  );
  assert.equal(many.links.length, 10_000);
  assert.equal(many.outline.length, 5_000);
  assert.equal(many.tags.length, 1_000);
  assert.deepEqual(many.problem, {
    code: 'cut',
    message: 'The note has more links and headings and tags than are read.',
  });
  assert.equal(readText(`#${'x'.repeat(201)}`).problem?.code, 'cut');
  assert.deepEqual(readText(`#${'x'.repeat(200)}`).tags, ['x'.repeat(200)]);
});

test('a link without end is no link, and none is kept longer than a path can be', () => {
  const long = 'x'.repeat(13_000);
  assert.equal(linksOf(`[[${long}]] [x](${long}) <img src="${long}">`), '');
  const [link] = readText(`[[a#${long}|${long}]]`).links;
  assert.equal(link?.anchor.length, 1_000);
});

const pieces = [
  '[[',
  ']]',
  '[',
  ']',
  '(',
  ')',
  '![',
  '](',
  'a',
  ' ',
  '\n',
  '\n\n',
  '`',
  '```',
  '> ',
  '- ',
  '|',
  '#t',
  '#',
  '$',
  '$$',
  '%%',
  '<!--',
  '-->',
  '{{',
  '}}',
  '<a href="',
  '">',
  '---\n',
  '\\',
  '    ',
  '\r\n',
  'é',
  '🟡',
  '[^1]:',
  ': ',
  '!!! x',
  '# ',
  '^id',
  '**K:** v',
];

test('offsets are in order, stand in the text and agree with each other, whatever the text', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (parts) => {
      const text = parts.join('');
      const { links, outline, blocks } = readText(text);
      let last = 0;
      for (const { start, end, line } of links) {
        assert.ok(start >= last && end >= start && end <= text.length);
        assert.equal(line, text.slice(0, start).split('\n').length);
        last = end;
      }
      let reached = 0;
      for (const { start, contentStart, line } of outline) {
        assert.ok(start >= reached && start < contentStart && contentStart <= text.length);
        assert.ok(start === 0 || text[start - 1] === '\n');
        assert.equal(line, text.slice(0, start).split('\n').length);
        reached = contentStart;
      }
      for (const { start, end } of blocks) assert.ok(start < end && end <= text.length);
    }),
    runs(1_500, 100_000),
  );
});
