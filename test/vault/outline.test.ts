import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { insertText } from '../../src/vault/insert-text.js';
import { readLinks } from '../../src/vault/links.js';
import { maskCode } from '../../src/vault/mask-code.js';
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

const outline = (text: string) => readOutline(text).map(({ level, text: name, line }) => `${level} ${name} ${line}`);

for (const [ending, name] of [
  ['\n', 'LF'],
  ['\r\n', 'CRLF'],
] as const) {
  test(`a paragraph with = or - below it is a heading, other lines of dashes are not (${name})`, () => {
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
<b>x</b>
---
[ref]: x.md
---
- item

  more
---
# Marked
---
\`code\`
-
\`\`\`
Fenced
---
\`\`\`
===
<!--
Comment
---
-->
Last
--- x
  --- \nEnd
=`;
    assert.deepEqual(outline(text.replaceAll('\n', ending)), [
      '1 Title 4',
      '2 Two lines `x` 11',
      '1 Marked 32',
      '2 `code` 34',
      '2 Last --- x 45',
      '1 End 48',
    ]);
  });
}

test('what is in comments and indented code is neither heading nor link', () => {
  const text = `# A
<!-- # no
[[no]] \`\`\`

# no
--> [[yes 1]] <!-- [[no]] --> \`<!--\` [[yes 2]] -->
para
    [[yes 3]]

    [[no]]
\t[[no]]

    [[no]]
para <!-- open

[[yes 4]]

- item

    [[yes 5]]
- item
lazy

      [[yes 6]]

text

\t[[no]]

[^1]: note

    [[yes 7]]

# B

    \`\`\`
[[yes 8]] <!--> [[yes 9]]

<!--> [[yes 10]] \`<!-- \` -->
<!-- never closed
[[no]]

# no
`;
  for (const ending of ['\n', '\r\n']) {
    const written = text.replaceAll('\n', ending);
    assert.deepEqual(
      readLinks(written).map(({ target }) => target),
      Array.from({ length: 10 }, (_, index) => `yes ${index + 1}`),
    );
    assert.deepEqual(outline(written), ['1 A 1', '1 B 34']);
  }
});

const piece = fc.constantFrom(
  ...[
    '# h',
    'text',
    '---',
    '===',
    '- i',
    '    c',
    '\t',
    '`',
    '```',
    '~~~',
    '<!--',
    '-->',
    '>',
    ' ',
    '\n',
    '\n\n',
    '\r\n',
  ],
);

test('a table without bars at its edges has no heading above a line of dashes', () => {
  assert.deepEqual(
    readOutline('a | b\n--|--\n1 | 2\n---\n\nc | d\n---\n').map(({ text }) => text),
    ['c | d'],
  );
});

test('a tag that continues an item does not end the list', () => {
  assert.equal(readLinks('- item\n#tag\n\n    more [[x]]\n').length, 1);
  assert.equal(readLinks('- item\n# Heading\n\n    code [[x]]\n').length, 0);
  assert.equal(readLinks('- item\n#\n\n    code [[x]]\n').length, 0);
});

test('masking changes no length and no line break, and headings stand where they say', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      const masked = maskCode(text);
      assert.equal(masked.length, text.length);
      assert.equal(masked.replace(/[^\r\n]/g, ' '), text.replace(/[^\r\n]/g, ' '));
      for (const { start, end, line } of readOutline(text)) {
        assert.equal(text.slice(0, start).split('\n').length, line);
        assert.ok(start === 0 || text[start - 1] === '\n');
        assert.ok(end === text.length || text[end - 1] === '\n');
      }
    }),
    { numRuns: 2000 },
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
  const underlined = 'Title\n=====\n\nintro\n\nSub\n---\n- one\n';
  assert.equal(insert(underlined, 'x', 'Title').text, 'Title\n=====\n\nintro\n\nx\n\nSub\n---\n- one\n');
  assert.equal(insert(underlined, '- zero', '## Sub', 'start').text, underlined.replace('- one', '- zero\n- one'));
  assert.equal(insert('A\n---\nB\n---\n', '- x', 'A').text, 'A\n---\n- x\n\nB\n---\n');
  assert.throws(() => insert('a', ' \n'), vaultError('bad_argument'));
});
