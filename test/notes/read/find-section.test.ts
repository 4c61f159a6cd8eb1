import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNote } from '../../../src/notes/markdown/read-note.js';
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
  assert.throws(() => findHeading({ outline: [] }, 'x', 'n.md'), { message: /has no headings/ });
});

test('a block is named with or without its mark', () => {
  for (const wanted of ['^first', 'first', ' ^First'])
    assert.equal(findBlock(note, wanted, 'n.md').start, text.indexOf('- one'), wanted);
  assert.throws(() => findBlock(note, '^second', 'n.md'), { code: 'no_match', message: /It has: \^first$/ });
});
