import { normalizeText } from '../../text.js';
import { NotesError } from '../errors.js';
import { quotePath } from '../files/note-path.js';
import { limits, type Span } from '../markdown/note.js';
import { createLineCounter } from '../markdown/note-text.js';
import type { EditChange } from '../notes.js';
import { nearestPassage } from './nearest-passage.js';
import { lineEndingOf, replaceSpans, withLineEnding, withUnicodeFormOf } from './note-style.js';

const shownLines = 20;
/** Of those that are not replaced: a note of one letter has millions. */
const mostKept = 1_000;

/**
 * Returns the note's text with every occurrence of `oldText` replaced, in time linear in both. Line endings and Unicode form
 * do not count in the comparison, and `newText` takes those of the note. Throws NotesError `no_match` with the nearest
 * passage, `ambiguous_match` with the lines of the occurrences, `too_large`, or `bad_argument`.
 */
export function editText(
  text: string,
  { oldText, newText, expectedReplacements = 1 }: Omit<EditChange, 'path' | 'ifMatch'>,
  path: string,
): string {
  if (oldText === '') {
    throw new NotesError('bad_argument', 'The old text is empty. Give the exact passage to replace.');
  }
  if (oldText === newText) {
    throw new NotesError('bad_argument', 'The old text and the new text are the same, so there is nothing to change.');
  }
  if (!Number.isSafeInteger(expectedReplacements) || expectedReplacements < 1) {
    throw new NotesError('bad_argument', 'The number of expected replacements must be a whole number from 1.');
  }
  const found: Span[] = [];
  let count = 0;
  for (const span of occurrences(text, oldText)) {
    if (count++ < Math.max(expectedReplacements, mostKept)) found.push(span);
  }
  if (count === 0) {
    throw new NotesError(
      'no_match',
      `The old text does not occur in ${quotePath(path)} (0 occurrences); nothing was changed. ${nearestPassage(text, oldText)}`,
    );
  }
  const overlap = found.some((span, index) => index > 0 && span.start < (found[index - 1]?.end ?? 0));
  if (count !== expectedReplacements || overlap) throw ambiguous(text, found, count, expectedReplacements, path);
  const written = withUnicodeFormOf(text, withLineEnding(newText, lineEndingOf(text)));
  if (written.length * count > limits.noteBytes) {
    throw new NotesError(
      'too_large',
      `With this change ${quotePath(path)} would be larger than the limit of ${limits.noteBytes} bytes; nothing was changed.`,
    );
  }
  return replaceSpans(
    text,
    found.map((span) => ({ ...span, written })),
  );
}

function* occurrences(text: string, wanted: string): Generator<Span> {
  const plain = comparable(text);
  const needle = comparable(wanted).text;
  for (const at of offsetsOf(plain.text, needle)) {
    const start = plain.offsetOf(at);
    const end = plain.offsetOf(at + needle.length);
    if (start !== undefined && end !== undefined) yield { start, end };
  }
}

/** Where `needle` occurs, overlapping ones too, by Knuth, Morris and Pratt: `indexOf` is slow on text that nearly matches. */
function* offsetsOf(text: string, needle: string): Generator<number> {
  const first = text.indexOf(needle.slice(0, 100));
  if (first === -1) return;
  const borders = new Int32Array(needle.length + 1);
  let border = -1;
  borders[0] = -1;
  for (let at = 0; at < needle.length; at++) {
    while (border >= 0 && needle.charCodeAt(at) !== needle.charCodeAt(border)) border = borders[border] ?? -1;
    borders[at + 1] = ++border;
  }
  let matched = 0;
  for (let at = first; at < text.length; at++) {
    while (matched >= 0 && (matched === needle.length || text.charCodeAt(at) !== needle.charCodeAt(matched))) {
      matched = borders[matched] ?? -1;
    }
    if (++matched === needle.length) yield at + 1 - matched;
  }
}

// A line break, Korean letters that compose, a character with its marks, or one that NFC may replace by another.
const changeable = /\r\n|[\u1100-\u11ff\uac00-\ud7a3][\u1160-\u11ff]{1,1000}|\P{M}\p{M}{1,1000}|[^\0-\x7f]/gu;

/**
 * Text with LF line breaks in NFC, and the way back for growing places: `offsetOf` gives the place in the original, or
 * undefined inside what was one character of several code points.
 */
function comparable(text: string): { text: string; offsetOf(at: number): number | undefined } {
  // Three numbers for each change: where it ends in the result and in the original, and its length in the result.
  const changes: number[] = [];
  let shift = 0;
  const isComposed = normalizeText(text) === text;
  const result = text.replace(isComposed ? /\r\n/g : changeable, (cluster: string, start: number) => {
    const plain = cluster === '\r\n' ? '\n' : normalizeText(cluster);
    const end = start + cluster.length;
    if (plain !== cluster) changes.push(start + shift + plain.length, end, plain.length);
    shift += plain.length - cluster.length;
    return plain;
  });
  return {
    text: result,
    offsetOf: (at) => {
      let low = 0;
      let high = changes.length / 3;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((changes[middle * 3] ?? 0) - (changes[middle * 3 + 2] ?? 0) < at) low = middle + 1;
        else high = middle;
      }
      if (low === 0) return at;
      const [end = 0, original = 0] = changes.slice((low - 1) * 3, low * 3);
      return at < end ? undefined : at - end + original;
    },
  };
}

function ambiguous(text: string, found: readonly Span[], count: number, expected: number, path: string): NotesError {
  const lineAt = createLineCounter(text);
  const lines = new Set(found.map(({ start }) => lineAt(start)));
  const shown = [...lines].slice(0, shownLines).join(', ');
  const where = `line${lines.size > 1 ? 's' : ''} ${shown}${lines.size > shownLines || count > found.length ? ', …' : ''}`;
  return new NotesError(
    'ambiguous_match',
    `The old text occurs ${count} times in ${quotePath(path)} (${where}), but ${expected} was expected; nothing was changed. Give more of the surrounding text, or set the expected number to ${count}.`,
  );
}
