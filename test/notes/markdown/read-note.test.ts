import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../../src/notes/markdown/note.js';
import { readNote, readText } from '../../../src/notes/markdown/read-note.js';

const titles: readonly (readonly [text: string, title: string | undefined])[] = [
  ['# T\ntext', 'T'],
  ['T\n===\n', 'T'],
  ['---\ntitle: F\n---\n# T', 'F'],
  ['---\ntitle: 2024\n---\n', '2024'],
  ['---\na: 1\n---\n\n# T', 'T'],
  ['+++\ntitle = "F"\n+++\n', 'F'],
  ['<!-- c -->\n\n# T', 'T'],
  ['%% c %%\n# T', 'T'],
  ['![](b.png) [![x](y)](z) ![[e]]\n# T', 'T'],
  ['#tag #other\n\n# T', 'T'],
  ['<p align="center"><img src="x"></p>\n\n# T', 'T'],
  ['[r]: x.md\n\n---\n\n# T', 'T'],
  ['**Status:** Active\n\n# T', 'T'],
  ['# The *T* of [x](y.md) \\# `#` &amp; [[a|b]] {#id}', 'The T of x # # & b'],
  ['# \n# T', 'T'],
  ['text\n# T', undefined],
  ['## S\n# T', undefined],
  ['- # T', undefined],
  ['> # T', undefined],
  ['```\n# T\n```', undefined],
  ['```dataviewjs\nx\n```\n# T', undefined],
  ['![[x.base]]', undefined],
  ['<!-- never closed\n# T', undefined],
  ['---\n---\n', undefined],
  ['', undefined],
  [`# ${'x'.repeat(300)}`, 'x'.repeat(200)],
];

for (const [text, title] of titles) {
  test(`the title of ${JSON.stringify(text.slice(0, 60))}`, () => {
    assert.equal(readText(text).title, title);
    assert.equal(readText(text.replaceAll('\n', '\r\n')).title, title);
  });
}

const statuses: readonly (readonly [written: string, status: string])[] = [
  ['Active', 'Active'],
  ['activo', 'Active'],
  ['En progreso', 'Active'],
  ['`draft`', 'Active'],
  ['🟡', 'Active'],
  ['🔴 waiting', 'Pending'],
  ['Pendiente', 'Pending'],
  ['paused.', 'Paused'],
  ['⏸️', 'Paused'],
  ['⏸', 'Paused'],
  ['✅ Done', 'Done'],
  ['**Completado**', 'Done'],
  ['completed 2024', 'Done'],
  ['Done (was active)', 'Done'],
  ['inactive', 'inactive'],
  ['Abandoned', 'Abandoned'],
  ['Blocked', 'Blocked'],
  ['in progress', 'in progress'],
  ['not done', 'not done'],
  ['undone', 'undone'],
  ['half-done', 'half-done'],
  ['interactive', 'interactive'],
  ['proactivo', 'proactivo'],
];

for (const [written, status] of statuses) {
  test(`the status ${written}`, () => {
    for (const text of [`**Status:** ${written}`, `---\nstatus: "${written}"\n---\n`, `**estado**: ${written}  \n`]) {
      assert.equal(readText(text).status, status);
    }
  });
}

test('key lines are taken in every shape that people write them in, in the first 15 lines', () => {
  const shapes = [
    '# T\n\n@',
    '> @',
    '- @',
    '1. @',
    '- [ ] @',
    '> - @',
    '📌 @',
    '| @ |',
    '| @ | x |\n|-|-|',
    '## @',
    '@  ',
    '@\\',
  ];
  for (const shape of shapes) assert.equal(readText(shape.replace('@', '**Status:** Done')).status, 'Done', shape);
  assert.equal(readText('| **Status:** | Paused | x |\n|-|-|-|').status, 'Paused');
  assert.equal(readText(`${'\n'.repeat(14)}**Status:** Done`).status, 'Done');
  assert.equal(readText(`${'\n'.repeat(15)}**Status:** Done`).status, undefined);
  for (const text of [
    '```\n**Status:** Done\n```',
    'text **Status:** Done',
    '<!-- **Status:** Done -->',
    '    **Status:** Done',
  ]) {
    assert.equal(readText(text).status, undefined, text);
  }
  const note = readText(
    '---\nstatus: paused\ndate: 2020-01-01\nowner: Ana\n---\n**Status:** Active | **Created:** 2024-01-01 · **Last Updated:** 2024-02-02\n**Área:** [[x|y]]\n**Owner:** Luis\n',
  );
  assert.deepEqual([note.status, note.created, note.updated], ['Active', '2024-01-01', '2024-02-02']);
  assert.deepEqual(
    [...note.other],
    [
      ['Área', '[[x|y]]'],
      ['Owner', 'Luis'],
    ],
  );
  assert.deepEqual(note.properties.get('owner'), ['Ana']);
  assert.deepEqual(note.properties.get('área'), ['[[x|y]]']);
  assert.deepEqual(note.properties.get('status'), ['Active', 'paused']);
});

test('properties are scalars and lists, by names in lower case', () => {
  const { properties, aliases, created } = readText(`---
Number: 1
flag: true
none:
date: 2024-01-01
list: [a, 2, {x: 1}]
nested: {a: 1}
aliases: [One, Two]
__proto__: x
---
`);
  assert.deepEqual(Object.fromEntries(properties), {
    number: [1],
    flag: [true],
    none: [null],
    date: ['2024-01-01'],
    list: ['a', 2],
    aliases: ['One', 'Two'],
    ['__proto__']: ['x'],
  });
  assert.deepEqual([aliases, created], [['One', 'Two'], '2024-01-01']);
  assert.deepEqual(readText('---\nalias: a, b\n---').aliases, ['a', 'b']);
  assert.deepEqual(readText('+++\nd = 2024-01-01\nn = 1\n+++').properties.get('d'), ['2024-01-01']);
});

test('a number that is more than its value is what was written', () => {
  const written = [
    '007',
    '1.10',
    '20240102153000123',
    '+34600111222',
    '1e3',
    '0x1F',
    '.5',
    '-0',
    '5.0',
    '.inf',
    '.nan',
  ];
  const plain = [7, 1.1, 202401021530, -3, 0.5];
  const note = readText(`---
title: 1.10
tags: [007, 2024]
aliases: [1e3]
1.10: key
list: [${[...written, ...plain].join(', ')}]
same: &a 08001
again: *a
---
`);
  assert.deepEqual(note.properties.get('list'), [...written, ...plain]);
  assert.deepEqual([note.title, note.tags, note.aliases], ['1.10', ['007', '2024'], ['1e3']]);
  assert.deepEqual(note.properties.get('again'), ['08001']);
});

const frontmatters: readonly (readonly [text: string, kind: string, problem: RegExp | undefined])[] = [
  ['---\na: 1\n---\nx', 'yaml', undefined],
  ['---\r\na: 1\r\n...\r\nx', 'yaml', undefined],
  ['---\n---', 'yaml', undefined],
  ['---\n# only a comment\n---', 'yaml', undefined],
  ['---\na: [1\n---', 'yaml', /cannot be read: .* at line 3\./],
  ['---\n- a\n---', 'yaml', /not a list of "key: value" fields/],
  ['---\na: 1\nb: 2\na: 3\n---', 'yaml', /"a" is there twice/],
  ['---\na: *b\n---', 'yaml', /cannot be read/],
  [`---\na: ${'['.repeat(5_000)}\n---`, 'yaml', /nested too deep/],
  [`---\n${'- '.repeat(5_000)}\n---`, 'yaml', /nested too deep/],
  [`---\na: &a [1]\nb: [${'*a, '.repeat(200)}]\n---`, 'yaml', /alias count/],
  [`---\n${'key: value\n'.repeat(9_000)}---`, 'yaml', /longer than 65536/],
  ['+++\na = 1\n+++', 'toml', undefined],
  ['+++\na = \n+++', 'toml', /cannot be read/],
  ['---\na: 1\n', 'none', undefined],
  ['----\na: 1\n---\n', 'none', undefined],
  ['\n---\na: 1\n---\n', 'none', undefined],
  ['+++\na = 1\n', 'none', undefined],
  ['text', 'none', undefined],
];

for (const [text, kind, problem] of frontmatters) {
  test(`the frontmatter of ${JSON.stringify(text.slice(0, 40))}`, () => {
    const note = readText(text);
    assert.equal(note.frontmatter.kind, kind);
    if (problem === undefined) assert.equal(note.problem, undefined);
    else {
      assert.equal(note.problem?.code, 'bad_frontmatter');
      assert.match(note.problem.message, problem);
      assert.deepEqual(note.frontmatter.data, {});
    }
  });
}

test('bytes that are no text, or too many, are a problem and an empty note', () => {
  assert.equal(readNote(Buffer.from([0xff, 0xfe, 0x41, 0])).problem?.code, 'not_text');
  assert.equal(readNote(Buffer.from('a\0b')).problem?.code, 'not_text');
  const tooLarge = readNote(Buffer.alloc(limits.noteBytes + 1, 32));
  assert.deepEqual([tooLarge.problem?.code, tooLarge.text], ['too_large', '']);
  const marked = readNote(Buffer.from('\ufeff# T\r\n'));
  assert.deepEqual([marked.text, marked.hasMark, marked.title], ['# T\r\n', true, 'T']);
});

const outline = (text: string) =>
  readText(text).outline.map(({ level, text: name, line }) => `${level} ${name} ${line}`);

for (const ending of ['\n', '\r\n']) {
  test(`headings are those outside code, HTML, comments, quotes and items (${JSON.stringify(ending)})`, () => {
    const text = `---
a: 1
---
Title
=====

intro

---

Two
lines \`x\`
---
* * *
- item
---
> quote
---
| a |
---
1. one
two
---
[ref]: x.md
---
# Marked ##
\`\`\`
# no
\`\`\`
<pre>
# no
</pre>
<div>
# no
</div>

a | b
--|--
1 | 2
---
- # no

  no
  --
> # no
%%
# no

%%
## Last #`;
    assert.deepEqual(outline(text.replaceAll('\n', ending)), [
      '1 Title 4',
      '2 Two lines x 11',
      '2 | a | 19',
      '1 Marked 26',
      '2 Last 50',
    ]);
  });
}

test('blocks are named by the ids at their ends', () => {
  const text = `Para
two ^p

- one ^i
- two
  - sub ^s

^list

| a |
|---|
| b |
^t

> quote

^q

\`x ^no\`
x^no
`;
  assert.deepEqual(
    readText(text).blocks.map(({ id, start, end }) => [id, text.slice(start, end).trim()]),
    [
      ['p', 'Para\ntwo ^p'],
      ['i', '- one ^i'],
      ['s', '- sub ^s'],
      ['list', '- one ^i\n- two\n  - sub ^s'],
      ['t', '| a |\n|---|\n| b |\n^t'],
      ['q', '> quote'],
    ],
  );
});
