import { createHash } from 'node:crypto';
import { VaultError } from './errors.js';
import { quotePath } from './note-path.js';

/** Larger notes are neither read nor written. */
export const maxNoteBytes = 10_000_000;

export type LineEnding = '\n' | '\r\n';

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Returns the SHA-256 of a note's bytes, in hex. */
export function hashNote(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Returns the text of a note without its byte order mark. Throws VaultError `not_text` unless it is UTF-8 without NUL. */
export function decodeNote(bytes: Uint8Array, path: string): { text: string; hasMark: boolean } {
  const hasMark = byteOrderMark.equals(bytes.subarray(0, 3));
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(hasMark ? bytes.subarray(3) : bytes);
  } catch (cause) {
    throw notText(path, cause);
  }
  if (text.includes('\0')) throw notText(path);
  return { text, hasMark };
}

/** Returns the bytes of a note. Throws VaultError `bad_argument` for text that cannot be stored, `too_large` beyond the limit. */
export function encodeNote(text: string, hasMark: boolean, path: string): Buffer {
  if (/[\0\p{Surrogate}]/u.test(text)) {
    throw new VaultError(
      'bad_argument',
      `The text for ${quotePath(path)} has NUL or broken characters: send it as plain UTF-8 text. Nothing was changed.`,
    );
  }
  const bytes = Buffer.from(text, 'utf8');
  const stored = hasMark ? Buffer.concat([byteOrderMark, bytes]) : bytes;
  if (stored.byteLength > maxNoteBytes) throw tooLarge(path, stored.byteLength);
  return stored;
}

/** The refusal of a note beyond the limit. */
export function tooLarge(path: string, sizeBytes: number): VaultError {
  return new VaultError(
    'too_large',
    `${quotePath(path)} is too large: ${sizeBytes} bytes, and notes may have ${maxNoteBytes}. Split it into smaller notes.`,
  );
}

/** Returns the line ending that most lines of `text` have; `\n` when there are as many of both. */
export function lineEndingOf(text: string): LineEnding {
  const all = countOf(text, '\n');
  return countOf(text, '\r\n') * 2 > all ? '\r\n' : '\n';
}

/** Returns `text` with every line ended by `ending`. */
export function withLineEnding(text: string, ending: LineEnding): string {
  const plain = text.replaceAll('\r\n', '\n');
  return ending === '\n' ? plain : plain.replaceAll('\n', '\r\n');
}

/** Returns `text` in the Unicode form that `model` is written in, or as it is when `model` shows none. */
export function withUnicodeFormOf(model: string, text: string): string {
  const composed = model.normalize('NFC');
  const decomposed = model.normalize('NFD');
  if (composed === decomposed) return text;
  if (model === decomposed) return text.normalize('NFD');
  return model === composed && text === text.normalize('NFD') ? text.normalize('NFC') : text;
}

function notText(path: string, cause?: unknown): VaultError {
  return new VaultError(
    'not_text',
    `${quotePath(path)} is not UTF-8 text, so it cannot be used as a note. If it should be one, save it as UTF-8 in an editor.`,
    { cause },
  );
}

function countOf(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) count++;
  return count;
}
