import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { editText } from '../../../src/notes/edit/edit-text.js';
import { lineEndingOf } from '../../../src/notes/edit/note-style.js';
import { runs } from '../../full.js';
import { notesError } from '../notes-error.js';

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
  assert.throws(() => edit('cafe\u0301', 'cafe', 'tea'), notesError('no_match'));
  assert.equal(edit('cafe\u0301, cafe', 'cafe', 'tea'), 'cafe\u0301, tea');
});

test('a passage that does not occur once is refused with where it occurs', () => {
  assert.throws(() => edit('a\nb\na', 'a', 'x'), notesError('ambiguous_match', /occurs 2 times .*lines 1, 3/));
  assert.equal(edit('a\nb\na', 'a', 'x', 2), 'x\nb\nx');
  assert.throws(() => edit('a a a\nb\na', 'a', 'x'), notesError('ambiguous_match', /4 times .*\(lines 1, 3\)/));
  assert.throws(() => edit('b\na a', 'a', 'x'), notesError('ambiguous_match', /\(line 2\)/));
  assert.throws(() => edit('a\n'.repeat(50), 'a', 'x'), notesError('ambiguous_match', /, 20, …\)/));
  assert.throws(() => edit('a b', 'a', 'x', 2), notesError('ambiguous_match', /occurs 1 times/));
  assert.throws(() => edit('aaa', 'aa', 'x', 2), notesError('ambiguous_match'));
  assert.throws(() => edit('a', '', 'x'), notesError('bad_argument'));
  assert.throws(() => edit('a', 'a', 'a'), notesError('bad_argument'));
  assert.throws(() => edit('a', 'a', 'b', 0), notesError('bad_argument'));
});

test('a failed edit shows the nearest passage with its line', () => {
  const note = '# Plan\n\nBuy milk\nCall Ana about the flat\n\nSleep\n';
  assert.throws(
    () => edit(note, 'Call Anna about a flat', 'x'),
    notesError('no_match', /0 occurrences.*nearest passage is at line 4:\nCall Ana about the flat$/s),
  );
  assert.throws(
    () => edit(note, 'buy milk\ncall ana about the flat', 'x'),
    notesError('no_match', /lines 3-4:\nBuy milk\nCall/),
  );
  assert.throws(() => edit(note, 'zzzz qqqq', 'x'), notesError('no_match', /No passage is like it/));
  assert.throws(() => edit(' \n', 'zzzz', 'x'), notesError('no_match', /empty/));
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
          if (!notesError('ambiguous_match')(error) && !notesError('bad_argument')(error)) throw error;
        }
      },
    ),
    runs(400, 10_000),
  );
  assert.ok(inverted > 40, `only ${inverted} edits could be inverted`);
});

test('a passage that nearly occurs, however long, is answered at once', () => {
  const wanted = `${'near miss '.repeat(10_000)}end`;
  const started = process.cpuUsage();
  for (const note of [`${'near miss '.repeat(99_000)}`, 'near miss\n'.repeat(90_000), 'a'.repeat(900_000)]) {
    assert.throws(() => edit(note, wanted, 'x'), notesError('no_match'));
    assert.throws(() => edit(note, `b${note.slice(0, 100_000)}`, 'x'), notesError('no_match'));
    assert.throws(() => edit(note, note.slice(0, note.length / 2), 'x'), notesError('ambiguous_match'));
  }
  assert.throws(() => edit(`e${'\u0301\u0327'.repeat(150_000)}`, 'x', 'y'), notesError('no_match'));
  assert.throws(() => edit('\r\n'.repeat(2_000_000), 'x', 'y'), notesError('no_match'));
  // About 0.5 s of the processor.
  assert.ok(process.cpuUsage(started).user < 5_000_000);
});

test('what occurs millions of times is counted in little memory', async () => {
  const url = new URL('../../../src/notes/edit/edit-text.js', import.meta.url);
  const code = `import(${JSON.stringify(url.href)}).then(({ editText }) =>
    editText('a'.repeat(5_000_000), { oldText: 'a', newText: 'b' }, 'note.md'))`;
  const worker = new Worker(code, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 100 } });
  const [error] = (await once(worker, 'error')) as [Error];
  assert.match(error.message, /occurs 5000000 times in "note.md" \(line 1, …\)/);
});

test('a passage so long that the note would grow beyond the limit is not put in', () => {
  assert.throws(() => edit('a '.repeat(1_000), 'a', 'x'.repeat(20_000), 1_000), notesError('too_large'));
});

test('the text of the whole note can be replaced, and every occurrence of a longer passage', () => {
  assert.equal(edit('a\n', 'a\n', 'b'), 'b');
  assert.equal(edit('abcabd abcabd', 'abcabd', 'x', 2), 'x x');
  assert.equal(edit('aab aab', 'aab', 'x', 2), 'x x');
});
