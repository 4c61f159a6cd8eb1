import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insertText } from '../../../src/notes/edit/insert-text.js';
import { readText } from '../../../src/notes/markdown/read-note.js';
import { notesError } from '../notes-error.js';

const insert = (text: string, added: string, heading?: string, position: 'start' | 'end' | 'replace' = 'end') =>
  insertText(readText(text), { text: added, heading, position }, 'n.md');

test('text goes under its heading, before the next one, and never runs into its neighbours', () => {
  assert.equal(insert('## A\n\n- one\n\n## B\n', '- two', 'A').text, '## A\n\n- one\n- two\n\n## B\n');
  assert.equal(insert('## A\n\n- one\n\n## B\n', '- zero', 'A', 'start').text, '## A\n\n- zero\n- one\n\n## B\n');
  assert.equal(insert('## A\ntext\n## B\n', 'more', 'A').text, '## A\ntext\n\nmore\n\n## B\n');
  assert.equal(insert('## A\ntext\n', 'more\n', 'A', 'start').text, '## A\nmore\n\ntext\n');
  assert.equal(insert('## A\n\n## B\n', '- x', 'A').text, '## A\n\n- x\n\n## B\n');
  assert.equal(insert('## A\n## B\n', '- x', 'A').text, '## A\n\n- x\n\n## B\n');
  assert.equal(insert('# T\n', '- x').text, '# T\n\n- x\n');
  assert.equal(insert('## A\n### Sub\ny\n', 'x', 'A').text, '## A\n\nx\n\n### Sub\ny\n');
  assert.equal(insert('## A', 'x', 'A').text, '## A\n\nx');
  assert.equal(insert('a\r\nb\r\n', 'x\ny').text, 'a\r\nb\r\n\r\nx\r\ny\r\n');
  assert.equal(insert('---\nt: 1\n---\ntext', 'x', undefined, 'start').text, '---\nt: 1\n---\nx\n\ntext');
  assert.equal(insert('', 'x').text, 'x\n');
  assert.deepEqual(insert('a\n- b\n', '- c'), { text: 'a\n- b\n- c\n', line: 3 });
  assert.deepEqual(insert('a', '# H'), { text: 'a\n\n# H', line: 3 });
  const underlined = 'Title\n=====\n\nintro\n\nSub\n---\n- one\n';
  assert.equal(insert(underlined, 'x', 'Title').text, 'Title\n=====\n\nintro\n\nx\n\nSub\n---\n- one\n');
  assert.equal(insert(underlined, '- zero', '## Sub', 'start').text, underlined.replace('- one', '- zero\n- one'));
  assert.equal(insert('A\n---\nB\n---\n', '- x', 'A').text, 'A\n---\n\n- x\n\nB\n---\n');
  assert.throws(() => insert('a', ' \n'), notesError('bad_argument'));
});

test('a section is replaced with what stands under it, and its heading and the blank lines around stay', () => {
  const note = '# T\n\n## A\n\none\n\n### Sub\ntwo\n\n## B\nthree\n';
  assert.equal(insert(note, 'new', 'A', 'replace').text, '# T\n\n## A\n\nnew\n\n## B\nthree\n');
  assert.equal(insert(note, 'new', 'B', 'replace').text, '# T\n\n## A\n\none\n\n### Sub\ntwo\n\n## B\nnew\n');
  assert.equal(insert(note, '', 'A', 'replace').text, '# T\n\n## A\n\n\n## B\nthree\n');
  for (const empty of ['## A\n\n\n## B\n', '## A\n\n', '## A\n', '## A', '## A\r\n\r\n## B']) {
    assert.equal(insert(empty, '', 'A', 'replace').text, empty, 'nothing is left to take away');
  }
  assert.equal(insert('## A\n## B\n', 'x', 'A', 'replace').text, '## A\n\nx\n\n## B\n');
  assert.equal(insert('## A\r\none\r\n## B', 'x\ny', 'A', 'replace').text, '## A\r\nx\r\ny\r\n\r\n## B');
  assert.equal(insert('## A\nlast', 'x', 'A', 'replace').text, '## A\nx\n');
  assert.deepEqual(insert(note, 'new', 'Sub', 'replace').line, 8);
  assert.throws(() => insert('a', 'x', undefined, 'replace'), notesError('bad_argument'));
});

test('a heading that is not there is made when told', () => {
  const make = (text: string, heading: string) =>
    insertText(readText(text), { text: '- x', heading, position: 'end', create: true }, 'n.md');
  assert.deepEqual(make('# T\ntext\n', 'Log'), { text: '# T\ntext\n\n## Log\n\n- x\n', line: 6 });
  assert.deepEqual(make('', '### Log'), { text: '### Log\n\n- x\n', line: 3 });
  assert.equal(make('## Log\n- a\n', 'Log').text, '## Log\n- a\n- x\n');
  assert.throws(() => make('## Log\n# B\n## Log\n', 'Log'), notesError('ambiguous_match'));
  assert.throws(() => insert('# T\n', 'x', 'Log'), notesError('no_match'));
});
