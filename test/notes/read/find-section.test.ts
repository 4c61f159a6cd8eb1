import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNote, readText } from '../../../src/notes/markdown/read-note.js';
import { findBlock, findHeading } from '../../../src/notes/read/find-section.js';

const text = `# Plan

## Tasks

- one ^first

### *Later* [x](y.md)

## Café

### Tasks

## C#

## café
`;
const note = readNote(Buffer.from(text));
const line = (wanted: string) => findHeading(note, wanted, 'n.md').line;

test('a heading is named by its text, its Markdown, its marks or its parents', () => {
  assert.equal(line('Plan'), 1);
  assert.equal(line('## Tasks'), 3);
  assert.equal(line('### Tasks'), 11);
  assert.equal(line('Plan#Tasks#Later x'), 7);
  assert.equal(line('*Later* [x](y.md)'), 7);
  assert.equal(line('Café#Tasks'), 11);
  assert.equal(line('C#'), 13);
  assert.equal(line('Cafe\u0301'), 9);
  assert.equal(line('  later   X '), 7);
});

test('what is not there, or there twice, is said with what there is', () => {
  assert.throws(() => line('Tasks'), {
    code: 'ambiguous_match',
    message: /line 3 \("Plan#Tasks"\), line 11 \("Plan#Café#Tasks"\)/,
  });
  assert.throws(() => line('cafe'), { code: 'ambiguous_match' });
  assert.throws(() => line('Task'), { code: 'no_match', message: /Did you mean: ## Tasks \| ### Tasks$/ });
  assert.throws(() => line('zzz'), { code: 'no_match', message: /Its headings are: # Plan \|/ });
  assert.throws(() => line(''), { code: 'no_match' });
  assert.throws(() => findHeading(readNote(Buffer.from('')), 'x', 'n.md'), { message: /has no headings/ });
});

test('a heading has its text, and a section the headings below it', () => {
  const nested = readText('intro\n# A\na\n### B\nb\n## C\nc\n\nD\n=\n');
  const parts = ['A', 'B', 'C', 'D'].map((wanted) => {
    const { start, contentStart, contentEnd, end } = findHeading(nested, wanted, 'n.md');
    return [start, contentStart, contentEnd, end].map((offset, index, all) =>
      nested.text.slice(all[index - 1] ?? 0, offset),
    );
  });
  assert.deepEqual(
    parts.map(([, ...rest]) => rest),
    [
      ['# A\n', 'a\n', '### B\nb\n## C\nc\n\n'],
      ['### B\n', 'b\n', ''],
      ['## C\n', 'c\n\n', ''],
      ['D\n=\n', '', ''],
    ],
  );
});

test('of headings with the same text one is named by its Markdown', () => {
  const same = readText('## Setup {#a}\n## Setup {#b}\n# vector\n## vector<bool>\n');
  assert.equal(findHeading(same, 'Setup {#b}', 'n.md').line, 2);
  assert.equal(findHeading(same, 'vector<bool>', 'n.md').line, 4);
  assert.throws(() => findHeading(same, '## Setup', 'n.md'), { code: 'ambiguous_match' });
  const alike = readText('# A\n## Log\n## Log\n# B\n## Log\n');
  assert.throws(() => findHeading(alike, 'A#Log', 'n.md'), { message: /joined by #\. Read those .* by their lines/ });
  const unlike = readText('# A\n## Log\n# B\n## Log\n');
  assert.throws(() => findHeading(unlike, 'Log', 'n.md'), { message: /joined by #\.$/ });
});

test('a block is named with or without its mark', () => {
  for (const wanted of ['^first', 'first', ' ^First'])
    assert.equal(findBlock(note, wanted, 'n.md').start, text.indexOf('- one'), wanted);
  assert.throws(() => findBlock(note, '^second', 'n.md'), { code: 'no_match', message: /It has: \^first$/ });
});
