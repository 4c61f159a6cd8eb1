import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editText } from '../../src/vault/edit-text.js';
import { lineEndingOf } from '../../src/vault/note-text.js';
import { replaceText } from '../../src/vault/write-text.js';
import { vaultError } from './temporary-vault.js';

const edit = (text: string, oldText: string, newText: string, expectedReplacements = 1) =>
  editText(text, { oldText, newText, expectedReplacements }, 'note.md');

test('line endings and Unicode form do not count, and the note keeps its own', () => {
  assert.equal(edit('a\r\nb\r\nc', 'a\nb', 'x\ny\nz'), 'x\r\ny\r\nz\r\nc');
  assert.equal(edit('a\nb', 'a\r\nb', 'x\r\ny'), 'x\ny');
  const note = 'Año: canción última'.normalize('NFD');
  assert.equal(edit(note, 'canción', 'acción'), 'Año: acción última'.normalize('NFD'));
  assert.equal(edit('한국어 글'.normalize('NFD'), '한국어', '우리말'), '우리말 글'.normalize('NFD'));
  assert.equal(edit('niño', 'niño'.normalize('NFD'), 'niña'.normalize('NFD')), 'niña');
});

test('a letter without its mark is not the letter', () => {
  assert.throws(() => edit('cafe\u0301', 'cafe', 'tea'), vaultError('no_match'));
  assert.equal(edit('cafe\u0301, cafe', 'cafe', 'tea'), 'cafe\u0301, tea');
});

test('a passage that does not occur once is refused with where it occurs', () => {
  assert.throws(() => edit('a\nb\na', 'a', 'x'), vaultError('ambiguous_match', /occurs 2 times .*lines 1, 3/));
  assert.equal(edit('a\nb\na', 'a', 'x', 2), 'x\nb\nx');
  assert.throws(() => edit('a b', 'a', 'x', 2), vaultError('ambiguous_match', /occurs 1 times/));
  assert.throws(() => edit('aaa', 'aa', 'x', 2), vaultError('ambiguous_match'));
  assert.throws(() => edit('a', '', 'x'), vaultError('bad_argument'));
  assert.throws(() => edit('a', 'a', 'a'), vaultError('bad_argument'));
  assert.throws(() => edit('a', 'a', 'b', 0), vaultError('bad_argument'));
});

test('a failed edit shows the nearest passage with its line', () => {
  const note = '# Plan\n\nBuy milk\nCall Ana about the flat\n\nSleep\n';
  assert.throws(
    () => edit(note, 'Call Anna about a flat', 'x'),
    vaultError('no_match', /0 occurrences.*nearest passage is at line 4:\nCall Ana about the flat$/s),
  );
  assert.throws(
    () => edit(note, 'buy milk\ncall ana about the flat', 'x'),
    vaultError('no_match', /lines 3-4:\nBuy milk\nCall/),
  );
  assert.throws(() => edit(note, 'zzzz qqqq', 'x'), vaultError('no_match', /No passage is like it/));
  assert.throws(() => edit(' \n', 'zzzz', 'x'), vaultError('no_match', /empty/));
});

const word = fc.constantFrom('a', 'b', 'niño', 'é', 'ö', '한글', '🟡', ' ', '-', 'Å');
const ending = fc.constantFrom('\n', '\r\n');
const form = fc.constantFrom('NFC', 'NFD');
const prose = fc
  .array(fc.oneof({ weight: 4, arbitrary: word }, fc.constant('\n')), { maxLength: 30 })
  .map((words) => words.join(''));

// A note shows its Unicode form and line ending by what stays in it.
test('an edit and its inverse give the same bytes', () => {
  let inverted = 0;
  fc.assert(
    fc.property(
      prose,
      prose,
      prose,
      prose,
      ending,
      form,
      form,
      (before, passage, after, newText, lineEnding, noteForm, callForm) => {
        const note = `${before}${passage}${after}\nñ\n`.normalize(noteForm).replaceAll('\n', lineEnding);
        const [from, to] = [passage.normalize(callForm), newText.normalize(callForm)];
        let there: string;
        try {
          there = edit(note, from, to);
          if (lineEndingOf(there) !== lineEndingOf(note)) return;
          assert.equal(edit(there, to, from), note);
          inverted++;
        } catch (error) {
          if (!vaultError('ambiguous_match')(error) && !vaultError('bad_argument')(error)) throw error;
        }
      },
    ),
    { numRuns: 1000 },
  );
  assert.ok(inverted > 100, `only ${inverted} edits could be inverted`);
});

test('a replaced text keeps line endings and the last line break', () => {
  assert.equal(replaceText('a\r\nb\r\n', 'x\ny'), 'x\r\ny\r\n');
  assert.equal(replaceText('a', 'x\ny\n\n'), 'x\ny');
  assert.equal(replaceText('a\r\nb', 'x\r\ny\r\n'), 'x\r\ny');
  assert.equal(replaceText('', 'x\r\n'), 'x\r\n');
});
