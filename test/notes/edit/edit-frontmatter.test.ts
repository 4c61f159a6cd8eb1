import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editFrontmatter } from '../../../src/notes/edit/edit-frontmatter.js';
import { readText } from '../../../src/notes/markdown/read-note.js';
import type { PropertyValue } from '../../../src/notes/notes.js';
import { runs } from '../../full.js';
import { notesError } from '../notes-error.js';

const set = (text: string, fields: Record<string, PropertyValue>) =>
  editFrontmatter(readText(text), { set: fields }, 'note.md');
const remove = (text: string, ...keys: string[]) => editFrontmatter(readText(text), { remove: keys }, 'note.md');

const note = `---
# about this note
title:   'Un título'   # keep me
tags: [a,   b]
list:
- one   # first
- two

date: 2024-01-01
text: |
  several
  lines
empty:
nested: {x:   1}
---

# Body
`;

test('one field changes and every other line is as it was', () => {
  const changed = (edited: string) => {
    const [old, now] = [note.split('\n'), edited.split('\n')];
    return [old.filter((line) => !now.includes(line)), now.filter((line) => !old.includes(line))];
  };
  assert.deepEqual(changed(set(note, { title: 'Otro: título' })), [
    ["title:   'Un título'   # keep me"],
    ['title:   "Otro: título"   # keep me'],
  ]);
  assert.deepEqual(changed(set(note, { tags: ['a', 'c d'] })), [['tags: [a,   b]'], ['tags: [a, c d]']]);
  assert.deepEqual(changed(set(note, { list: ['one', 'three'] })), [
    ['- one   # first', '- two'],
    ['- one', '- three'],
  ]);
  assert.deepEqual(changed(set(note, { empty: 3 })), [['empty:'], ['empty: 3']]);
  assert.deepEqual(changed(set(note, { text: 'short' })), [['text: |', '  several', '  lines'], ['text: short']]);
  assert.deepEqual(changed(set(note, { Date: '2025-02-02' })), [['date: 2024-01-01'], ['date: 2025-02-02']]);
  assert.deepEqual(changed(set(note, { added: true })), [[], ['added: true']]);
  assert.deepEqual(changed(remove(note, 'list')), [['list:', '- one   # first', '- two'], []]);
  assert.deepEqual(changed(remove(note, 'nested')), [['nested: {x:   1}'], []]);
  assert.equal(remove(note, 'absent'), note);
  assert.equal(set(note, { date: '2024-01-01' }), note);
});

test('a frontmatter comes with its first field and goes with its last', () => {
  assert.equal(set('text', { status: 'active' }), '---\nstatus: active\n---\ntext');
  assert.equal(remove('---\nstatus: active\n---\ntext', 'status'), 'text');
  assert.equal(set('a\r\nb\r\n', { n: 1 }), '---\r\nn: 1\r\n---\r\na\r\nb\r\n');
  assert.equal(set('---\n---\ntext', { n: 1 }), '---\nn: 1\n---\ntext');
  assert.equal(remove('---\n# kept\nn: 1\n---\n', 'n'), '---\n# kept\n---\n');
  for (const around of ['@', '@\n', '\n@\n', '# before\n\n@ # beside', '@\n# after\n']) {
    const note = (braces: string) => `---\n${around.replace('@', braces)}\n---\n\ntext`;
    assert.equal(set(note('{a: 1, b: 2}'), { a: 3 }), note('{a: 3, b: 2}'));
  }
});

test('what cannot be changed cleanly is refused', () => {
  assert.throws(() => set('---\na: [1\n---\n', { b: 1 }), notesError('bad_frontmatter', /not valid YAML/));
  assert.throws(() => set('---\n- a\n---\n', { b: 1 }), notesError('bad_frontmatter'));
  assert.throws(() => set('---\na: 1\na: 2\n---\n', { b: 1 }), notesError('bad_frontmatter'));
  assert.throws(() => remove('---\na: &x 1\nb: *x\n---\n', 'a'), notesError('bad_frontmatter'));
  assert.throws(() => set('---\na: &x 1\nb: *x\n---\n', { a: 2 }), notesError('bad_frontmatter'));
  assert.throws(() => set('x', { '': 1 }), notesError('bad_argument'));
  assert.throws(() => set('x', { 'a\nb': 1 }), notesError('bad_argument'));
  assert.throws(() => editFrontmatter(readText('x'), {}, 'note.md'), notesError('bad_argument'));
});

test('what changes nothing leaves an empty frontmatter as it is', () => {
  for (const text of ['---\n---\n# H\n', '---\r\n\r\n---\r\nx', '---\n# c\n---\n'])
    assert.equal(remove(text, 'a'), text);
});

test('numbers stay as they are written beside what is changed', () => {
  assert.equal(set('---\n{a: 1.10, 2.50: x}\n---\n', { c: 5 }), '---\n{a: 1.10, 2.50: x, c: 5}\n---\n');
  assert.throws(() => set('---\n{a: 007}\n---\n', { c: 5 }), notesError('bad_frontmatter', /without changing others/));
  const text = '---\na: 1.10\n1.10: &x 007\nb: *x\nc: 12345678901234567890\n---\n';
  assert.equal(set(text, { d: 1.5 }), text.replace(/---\n$/, 'd: 1.5\n---\n'));
  assert.equal(set('---\na: 5.0\n---\n', { a: 5 }), '---\na: 5\n---\n');
});

test('of several steps on one field the last counts, as if each came by itself', () => {
  const note = readText('---\na: 1 # c\nB: [x]\nc: |\n  t\n---\n');
  const edited = (change: Parameters<typeof editFrontmatter>[1]) => editFrontmatter(note, change, 'note.md');
  assert.equal(
    edited({ set: { a: 2, b: [1, 2], New: 1, new: 2, d: 3 }, remove: ['c', 'D'] }),
    '---\na: 2 # c\nB: [1, 2]\nNew: 2\n---\n',
  );
  assert.equal(edited({ set: { a: 2 }, remove: ['a', 'b', 'c'] }), '');
  const braces = editFrontmatter(readText('---\n{a: 1, b: 2}\n---\n'), { set: { c: 3, b: 4 }, remove: ['a'] }, 'p');
  assert.equal(braces, '---\n{b: 4, c: 3}\n---\n');
});

test('a value that could not be read again is told as such', () => {
  let deep: PropertyValue = 1;
  for (let depth = 0; depth < 150; depth++) deep = [deep];
  assert.throws(
    () => set('---\na: 1\n---\n', { b: deep }),
    notesError('bad_frontmatter', /^With this change.*too deep/),
  );
  const long = 'x'.repeat(70_000);
  assert.throws(() => set('---\na: 1\n---\n', { b: long }), notesError('bad_frontmatter', /^With this change.*longer/));
});

test('a hundred fields of a long frontmatter take the time of a few', () => {
  const note = readText(`---\n${Array.from({ length: 2_000 }, (_, index) => `k${index}: ${index}\n`).join('')}---\n`);
  const measure = (count: number) => {
    const fields = Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index * 19}`, 'x']));
    const before = process.cpuUsage();
    editFrontmatter(note, { set: fields }, 'note.md');
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  measure(1);
  const ratios = [1, 2, 3].map(() => measure(100) / measure(1));
  assert.ok(Math.min(...ratios) < 10, ratios.join(' '));
});

test('TOML is not written over, and too long a frontmatter is not touched', () => {
  assert.throws(() => set('+++\na = 1\n+++\nx', { b: 1 }), notesError('bad_frontmatter', /TOML/));
  assert.throws(() => set(`---\n${'a: 1 # x\n'.repeat(10_000)}---\n`, { b: 1 }), notesError('bad_frontmatter'));
  const fields = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, 1]));
  assert.throws(() => set('x', fields), notesError('bad_argument'));
});

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom(
    'yes',
    'null',
    '1',
    '2024-01-01',
    'a: b',
    '# x',
    '- x',
    '[[Link]]',
    'two\nlines',
    '---',
    '...',
    ' lead',
    'ñandú',
    '"q"',
    "'",
    '{',
    '!t',
    '&a',
    '*a',
    '%',
  ),
);
const scalar = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
const value: fc.Arbitrary<PropertyValue> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  fc.dictionary(fc.constantFrom('x', 'y'), scalar),
);
const key = fc.constantFrom(
  'title',
  'tags',
  'list',
  'date',
  'text',
  'empty',
  'nested',
  'new',
  'with space',
  'año',
  'a:b',
  '#x',
);

test('what was set is read, the other fields and lines stay, and removing a new field gives the same bytes', () => {
  fc.assert(
    fc.property(
      key,
      value,
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom(note, 'plain\n', '---\n---\n', '---\n  a: 1\n  b: 2\n---\nx'),
      (name, fieldValue, ending, base) => {
        const before = base.replaceAll('\n', ending);
        const after = set(before, { [name]: fieldValue });
        const { [name]: read, ...others } = readText(after).frontmatter.data;
        const { [name]: _old, ...othersBefore } = readText(before).frontmatter.data;
        assert.deepEqual(read, JSON.parse(JSON.stringify(fieldValue)));
        assert.deepEqual(others, othersBefore);
        assert.equal(/(?<!\r)\n/.test(after), ending === '\n');
        assert.ok(after.endsWith(before.slice(before.lastIndexOf('---'))) || base === 'plain\n');
        if (!(name in readText(before).frontmatter.data) && base !== '---\n---\n')
          assert.equal(remove(after, name), before);
      },
    ),
    runs(200, 5_000),
  );
});

test('the last field takes its frontmatter along, but not where the text below would become one', () => {
  assert.equal(remove('---\na: 1\n---\ntext\n', 'a'), 'text\n');
  for (const body of ['---\nb: 2\n---\n', '+++\nb = 2\n+++\n']) {
    const edited = remove(`---\na: 1\n---\n${body}`, 'a');
    assert.deepEqual(readText(edited).frontmatter.data, {});
    assert.ok(edited.endsWith(body), edited);
  }
});

test('a frontmatter in braces keeps its spacing, and a template in its place is left alone', () => {
  for (const braces of ['{a: 1, b: 2}', '{ a: 1, b: 2 }']) {
    const note = `---\n${braces}\n---\ntext\n`;
    assert.equal(remove(set(note, { c: 3 }), 'c'), note);
  }
  assert.throws(() => set('---\n{{ fields }}\n---\n', { c: 3 }), notesError('bad_frontmatter'));
});
