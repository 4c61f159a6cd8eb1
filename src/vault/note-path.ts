import { VaultError } from './errors.js';

const maxPathBytes = 4096;
const maxPartBytes = 255;

/** True for a folder's or file's name that the vault neither lists nor opens: `.obsidian`, `.trash`, `_templates`. */
export function isHiddenName(name: string): boolean {
  return name.startsWith('.') || name.startsWith('_');
}

/** True for the name of a Markdown file, in any case. */
export function isMarkdownName(name: string): boolean {
  return /\.md$/i.test(name);
}

/** A name or path as a message shows it: in quotes, short, without control characters. */
export function quotePath(path: string): string {
  const clean = path.replace(/[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029]/gu, '\u{fffd}');
  return `"${clean.length > 200 ? `${clean.slice(0, 200)}…` : clean}"`;
}

/**
 * Returns the parts of a note's path relative to the vault, without looking at the disk. Throws VaultError `bad_path`,
 * `outside_vault` (absolute, `..`, hidden) or `not_markdown`.
 */
export function parseNotePath(path: string): string[] {
  if (path.trim() === '') {
    throw new VaultError(
      'bad_path',
      'The path is empty: give the path of a note relative to the vault, such as folder/note.md.',
    );
  }
  if (/[\p{Cc}\p{Surrogate}]/u.test(path)) {
    throw new VaultError(
      'bad_path',
      `The path ${quotePath(path)} has control or broken characters: give the path as the list of notes shows it.`,
    );
  }
  if (path.includes('\\')) {
    throw new VaultError('bad_path', `The path ${quotePath(path)} has a backslash: write / between folders and note.`);
  }
  if (path.startsWith('/') || /^[A-Za-z]:\//.test(path)) {
    throw new VaultError(
      'outside_vault',
      `The path ${quotePath(path)} is absolute: give it relative to the vault, such as folder/note.md.`,
    );
  }
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw new VaultError(
      'outside_vault',
      `The path ${quotePath(path)} has "..": give it from the top of the vault, such as folder/note.md.`,
    );
  }
  const hidden = parts.find(isHiddenName);
  if (hidden !== undefined) {
    throw new VaultError(
      'outside_vault',
      `The path ${quotePath(path)} is not open to clients: names that begin with "." or "_" (here ${quotePath(hidden)}) are no part of the vault.`,
    );
  }
  if (Buffer.byteLength(path) > maxPathBytes || parts.some((part) => Buffer.byteLength(part) > maxPartBytes)) {
    throw new VaultError(
      'bad_path',
      `The path ${quotePath(path)} is too long: a name may have ${maxPartBytes} bytes, a path ${maxPathBytes}.`,
    );
  }
  const name = parts.at(-1) ?? '';
  if (path.endsWith('/') || !isMarkdownName(name)) {
    throw new VaultError(
      'not_markdown',
      `The path ${quotePath(path)} is not a note's: only files that end in .md can be used, such as ${quotePath(`${parts.join('/') || 'note'}.md`)}.`,
    );
  }
  return parts;
}
