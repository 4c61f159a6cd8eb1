import { cutText } from '../../foreign-text.js';
import { normalizeText } from '../../text.js';
import { NotesError } from '../errors.js';

const maxPathBytes = 4096;
const maxPartBytes = 255;

/** True for the name of a Markdown file, in any case. */
export function isMarkdownName(name: string): boolean {
  return /\.md$/i.test(name);
}

/** True for the name of a canvas, in any case. */
export function isCanvasName(name: string): boolean {
  return /\.canvas$/i.test(name);
}

/** The folder of a path, empty at the top. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What a note is called where it has no title: its name without its ending. */
export function noteName(path: string): string {
  return nameOf(path).replace(/\.md$/i, '');
}

/** The top-level folder of a path, or `root`. */
export function domainOf(path: string): string {
  const slash = path.indexOf('/');
  return slash === -1 ? 'root' : path.slice(0, slash);
}

/** A path or name as it is compared where case and Unicode form do not count. */
export function foldPath(path: string): string {
  return normalizeText(path).toLowerCase();
}

/** A name or path as a message shows it: in quotes, short, without control characters. */
export function quotePath(path: string): string {
  // Persian and joined emoji are written with U+200C and U+200D.
  const clean = path.slice(0, 400).replace(/[\p{Cc}\p{Surrogate}\u2028\u2029]|(?![\u200c\u200d])\p{Cf}/gu, '\u{fffd}');
  return `"${clean.length > 200 ? `${cutText(clean, 200)}…` : clean}"`;
}

/**
 * Returns the parts of a path relative to the vault, without looking at the disk. Throws NotesError `bad_path`, or
 * `outside_vault` (absolute, `..`, hidden).
 */
export function parsePath(path: string): string[] {
  if (path.trim() === '') {
    throw new NotesError('bad_path', 'The path is empty. Give a path relative to the vault, such as folder/note.md.');
  }
  const refusal = (code: 'bad_path' | 'outside_vault', why: string) =>
    new NotesError(code, `The path ${quotePath(path)} ${why}.`);
  if (/[\p{Cc}\p{Surrogate}]/u.test(path)) {
    throw refusal(
      'bad_path',
      'has control characters or invalid characters: give the path as the list of notes shows it',
    );
  }
  if (path.includes('\\')) throw refusal('bad_path', 'has a backslash: write / between folders and note');
  if (path.startsWith('/') || /^[A-Za-z]:\//.test(path)) {
    throw refusal('outside_vault', 'is absolute: give it relative to the vault, such as folder/note.md');
  }
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw refusal('outside_vault', 'has "..": give it from the top of the vault, such as folder/note.md');
  }
  const hidden = parts.find((part) => part.startsWith('.'));
  if (hidden !== undefined) {
    const why = `names that begin with "." (here ${quotePath(hidden)}) are no part of the vault`;
    throw refusal('outside_vault', `is not open to clients: ${why}`);
  }
  if (Buffer.byteLength(path) > maxPathBytes || parts.some((part) => Buffer.byteLength(part) > maxPartBytes)) {
    throw refusal('bad_path', `is too long: a name may have ${maxPartBytes} bytes, a path ${maxPathBytes}`);
  }
  return parts;
}

/** As `parsePath`, but throws NotesError `not_markdown` unless the path is a note's. */
export function parseNotePath(path: string): string[] {
  const parts = parsePath(path);
  if (path.endsWith('/') || !isMarkdownName(parts.at(-1) ?? '')) {
    const plain = parts.join('/') || 'note';
    const example = isMarkdownName(plain) ? plain : `${plain}.md`;
    throw new NotesError(
      'not_markdown',
      `The path ${quotePath(path)} is not the path of a note. Only files that end in .md can be used, such as ${quotePath(example)}.`,
    );
  }
  return parts;
}
