import { VaultError } from './errors.js';
import { nearestPassage } from './nearest-passage.js';
import { quotePath } from './note-path.js';
import { lineEndingOf, withLineEnding, withUnicodeFormOf } from './note-text.js';

export interface TextEdit {
  readonly oldText: string;
  readonly newText: string;
  /** How often `oldText` must occur. */
  readonly expectedReplacements: number;
}

/**
 * Returns `text` with every occurrence of `oldText` replaced. Line endings and Unicode form do not count in the comparison,
 * and `newText` takes those of the note. Throws VaultError `no_match` with the nearest passage, `ambiguous_match` with the
 * lines of all occurrences, or `bad_argument`.
 */
export function editText(text: string, edit: TextEdit, path: string): string {
  if (edit.oldText === '') {
    throw new VaultError('bad_argument', 'The old text is empty: give the exact passage to replace.');
  }
  if (edit.oldText === edit.newText) {
    throw new VaultError('bad_argument', 'The old text and the new text are the same, so there is nothing to change.');
  }
  if (!Number.isSafeInteger(edit.expectedReplacements) || edit.expectedReplacements < 1) {
    throw new VaultError('bad_argument', 'The number of expected replacements must be a whole number from 1.');
  }
  const found = occurrences(text, edit.oldText);
  if (found.length === 0) {
    throw new VaultError(
      'no_match',
      `The old text does not occur in ${quotePath(path)} (0 occurrences); nothing was changed. ${nearestPassage(text, edit.oldText)}`,
    );
  }
  if (found.length !== edit.expectedReplacements || overlap(found)) {
    throw ambiguous(text, found, edit, path);
  }
  const newText = withUnicodeFormOf(text, withLineEnding(edit.newText, lineEndingOf(text)));
  const pieces: string[] = [];
  let copied = 0;
  for (const { start, end } of found) {
    pieces.push(text.slice(copied, start), newText);
    copied = end;
  }
  pieces.push(text.slice(copied));
  return pieces.join('');
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function occurrences(text: string, wanted: string): Span[] {
  const plain = comparable(text);
  const needle = comparable(wanted).text;
  const spans: Span[] = [];
  for (let at = plain.text.indexOf(needle); at !== -1; at = plain.text.indexOf(needle, at + 1)) {
    const start = plain.offsetOf(at);
    const end = plain.offsetOf(at + needle.length);
    if (start !== undefined && end !== undefined) spans.push({ start, end });
  }
  return spans;
}

/**
 * Text with LF line breaks in NFC, and the way back: `offsetOf` gives the place in the original, or undefined inside what
 * was one character of several code points.
 */
function comparable(text: string): { text: string; offsetOf(at: number): number | undefined } {
  // Only what changes is recorded: [place in the result, length there, place in the original, length there].
  const changes: (readonly [number, number, number, number])[] = [];
  let shift = 0;
  const result = text.replace(changeable, (cluster: string, start: number) => {
    const plain = cluster === '\r\n' ? '\n' : cluster.normalize('NFC');
    if (plain !== cluster) {
      changes.push([start + shift, plain.length, start, cluster.length]);
      shift += plain.length - cluster.length;
    }
    return plain;
  });
  return {
    text: result,
    offsetOf: (at) => {
      let low = 0;
      let high = changes.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((changes[middle]?.[0] ?? 0) < at) low = middle + 1;
        else high = middle;
      }
      const before = changes[low - 1];
      if (before === undefined) return at;
      const [place, length, original, originalLength] = before;
      return at < place + length ? undefined : at - place - length + original + originalLength;
    },
  };
}

// A line break, Korean letters that compose, a character with its marks, or one that NFC may replace by another.
const changeable = /\r\n|[\u1100-\u11ff\uac00-\ud7a3][\u1160-\u11ff]+|\P{M}\p{M}+|[^\0-\x7f]/gu;

function overlap(found: readonly Span[]): boolean {
  return found.some((span, index) => index > 0 && span.start < (found[index - 1]?.end ?? 0));
}

function ambiguous(text: string, found: readonly Span[], edit: TextEdit, path: string): VaultError {
  const lines = found.slice(0, 20).map(({ start }) => text.slice(0, start).split('\n').length);
  const where = `${lines.join(', ')}${found.length > lines.length ? ', …' : ''}`;
  return new VaultError(
    'ambiguous_match',
    `The old text occurs ${found.length} times in ${quotePath(path)} (lines ${where}), but ${edit.expectedReplacements} was expected; nothing was changed. Give more of the text around the one you mean, or expect ${found.length} replacements.`,
  );
}
