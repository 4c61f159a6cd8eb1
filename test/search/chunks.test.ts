import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitChunks } from '../../src/search/chunks.js';

const shape = (text: string) => splitChunks(text).map(({ ordinal, heading, line }) => [ordinal, heading, line]);

test('a chunk per `## ` section and one for what precedes', () => {
  const text =
    '# Title\n\nSome words before.\n\n## One\n\nWords of the first.\n### Deeper\n\n## Two\n\nWords of the second.\n';
  assert.deepEqual(shape(text), [
    [0, '', 1],
    [1, 'One', 5],
    [2, 'Two', 10],
  ]);
  assert.deepEqual(splitChunks(text)[1]?.lines, ['## One', '', 'Words of the first.', '### Deeper', '']);
  assert.deepEqual(splitChunks(text)[1]?.subheadings, ['Deeper']);
});

test('under 20 characters are skipped beside longer ones, and counted among the sections', () => {
  assert.deepEqual(shape('# T\n\n## Short\n\nno\n\n## Long enough\n\nThis one is kept.\n'), [[2, 'Long enough', 7]]);
  assert.deepEqual(shape('# T\n\nx\n'), [[0, '', 1]], 'a short note is found all the same');
  assert.deepEqual(shape('x'.repeat(20)), [[0, '', 1]]);
  assert.deepEqual(shape(''), []);
});

test('headings in fenced code are text, and CRLF counts as one line break', () => {
  const text =
    '# Title of it all\r\n\r\n```\r\n## not a heading\r\n```\r\n\r\n## Real heading\r\n\r\nWith some text.\r\n';
  assert.deepEqual(shape(text), [
    [0, '', 1],
    [1, 'Real heading', 7],
  ]);
});

test('a heading underlined with dashes begins a chunk too', () => {
  const text = 'Title\n=====\n\nSome words before.\n\nOne\n---\n\nWords of the first.\n';
  assert.deepEqual(shape(text), [
    [0, '', 1],
    [1, 'One', 6],
  ]);
});
