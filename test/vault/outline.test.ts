import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insertText } from '../../src/vault/insert-text.js';
import { findSection, readOutline } from '../../src/vault/outline.js';
import { vaultError } from './temporary-vault.js';

const note = `---
title: x
# no heading: 1
---
# Diario

intro

## Tareas ##

- one

### Año

- sub

\`\`\`md
## In code
\`\`\`

## Log

## Tareas de mañana
last`;

test('headings are those outside frontmatter and code, with their lines', () => {
  assert.deepEqual(
    readOutline(note).map(({ level, text, line }) => [level, text, line]),
    [
      [1, 'Diario', 5],
      [2, 'Tareas', 9],
      [3, 'Año', 13],
      [2, 'Log', 21],
      [2, 'Tareas de mañana', 23],
    ],
  );
});

test('a section is found by its exact heading in either Unicode form', () => {
  const section = findSection(note, '### Año'.normalize('NFD'), 'n.md');
  assert.deepEqual([section.heading.line, section.endLine], [13, 20]);
  assert.equal(findSection(note, 'Tareas', 'n.md').endLine, 20);
  assert.equal(findSection(note, 'Tareas de mañana', 'n.md').endLine, 24);
  assert.equal(note.slice(section.heading.start, section.end).startsWith('### Año'), true);
  assert.throws(() => findSection(note, 'ano', 'n.md'), vaultError('no_match', /Did you mean: ### Año/));
  assert.throws(() => findSection(note, '## Diario', 'n.md'), vaultError('no_match'));
  assert.throws(() => findSection(note, 'x', 'n.md'), vaultError('no_match', /# Diario \| ## Tareas/));
  assert.throws(() => findSection('', 'x', 'n.md'), vaultError('no_match', /no headings/));
});

test('equal headings are told apart by the headings above them', () => {
  const twice = '# A\n## Log\n# B\n## Log\nx\n## C#\n';
  assert.throws(
    () => findSection(twice, 'Log', 'n.md'),
    vaultError('ambiguous_match', /line 2 \("A#Log"\), line 4 \("B#Log"\)/),
  );
  assert.equal(findSection(twice, 'B#Log', 'n.md').heading.line, 4);
  assert.equal(findSection(twice, 'C#', 'n.md').heading.line, 6);
});

const insert = (text: string, added: string, heading?: string, position: 'start' | 'end' = 'end') =>
  insertText(text, { text: added, heading, position }, 'n.md');

test('text goes under its heading, before the next one, and never runs into its neighbours', () => {
  assert.equal(insert('## A\n\n- one\n\n## B\n', '- two', 'A').text, '## A\n\n- one\n- two\n\n## B\n');
  assert.equal(insert('## A\n\n- one\n\n## B\n', '- zero', 'A', 'start').text, '## A\n\n- zero\n- one\n\n## B\n');
  assert.equal(insert('## A\ntext\n## B\n', 'more', 'A').text, '## A\ntext\n\nmore\n\n## B\n');
  assert.equal(insert('## A\ntext\n', 'more\n', 'A', 'start').text, '## A\nmore\n\ntext\n');
  assert.equal(insert('## A\n\n## B\n', 'x', 'A').text, '## A\nx\n\n## B\n');
  assert.equal(insert('## A\n### Sub\ny\n', 'x', 'A').text, '## A\nx\n\n### Sub\ny\n');
  assert.equal(insert('## A', 'x', 'A').text, '## A\nx');
  assert.equal(insert('a\r\nb\r\n', 'x\ny').text, 'a\r\nb\r\n\r\nx\r\ny\r\n');
  assert.equal(insert('---\nt: 1\n---\ntext', 'x', undefined, 'start').text, '---\nt: 1\n---\nx\n\ntext');
  assert.equal(insert('', 'x').text, 'x\n');
  assert.deepEqual(insert('a\n- b\n', '- c'), { text: 'a\n- b\n- c\n', line: 3 });
  assert.deepEqual(insert('a', '# H'), { text: 'a\n\n# H', line: 3 });
  assert.throws(() => insert('a', ' \n'), vaultError('bad_argument'));
});
