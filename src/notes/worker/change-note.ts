import { editFrontmatter } from '../edit/edit-frontmatter.js';
import { editText } from '../edit/edit-text.js';
import { insertText } from '../edit/insert-text.js';
import { lineEndingOf, withLineEnding } from '../edit/note-style.js';
import { NotesError } from '../errors.js';
import { type ChangeOptions, changeFile, encodeNote, type SavedFile } from '../files/change-file.js';
import { quotePath } from '../files/note-path.js';
import type { StoredFile } from '../files/stored-file.js';
import type { ParsedNote } from '../markdown/note.js';
import { readText } from '../markdown/read-note.js';
import type { EditChange, FrontmatterFields, InsertChange, InsertedText, WriteChange } from '../notes.js';
import { namingNearest } from './read-calls.js';
import type { VaultContext } from './vault-context.js';

/** Changes the text of a note, empty when it is to be made, and has the catalogue know. Throws NotesError. */
export function changeNote(
  context: VaultContext,
  path: string,
  options: Omit<ChangeOptions, 'kind'>,
  change: (note: ParsedNote, before: StoredFile | undefined) => string,
): SavedFile {
  const { bounds, source, follower } = context;
  const saved = namingNearest(context, path, () =>
    changeFile(bounds, path, options, (before) => {
      const note = before === undefined ? readText('') : source.parse(before);
      return encodeNote(change(note, before), note.hasMark, path);
    }),
  );
  if (saved.changed) follower.updateNow([saved.path]);
  return saved;
}

/** Makes or replaces a note. Throws NotesError. */
export function writeNote(context: VaultContext, { path, content, ifMatch, overwrite }: WriteChange) {
  const saved = changeNote(context, path, { ifMatch, create: true }, (note, before) => {
    const text = content.replace(/^\ufeff/, '');
    if (before === undefined) return text;
    if (ifMatch === undefined && !overwrite) throw existsAlready(before);
    return replaceText(note.text, text);
  });
  return { ...answerOf(context, saved), created: saved.created };
}

/** Replaces exact text. Throws NotesError. */
export function editNote(context: VaultContext, change: EditChange) {
  const { path, ifMatch, expectedReplacements = 1 } = change;
  const saved = changeNote(context, path, { ifMatch }, (note) => editText(note.text, change, path));
  return { ...answerOf(context, saved), replacements: expectedReplacements };
}

/** Adds lines, or replaces what stands under a heading. Throws NotesError. */
export function insertIntoNote(context: VaultContext, change: InsertChange): InsertedText {
  const { path, ifMatch, create } = change;
  let line = 1;
  const saved = changeNote(context, path, { ifMatch, create }, (note, before) => {
    const inserted = insertText(note, change, path);
    line = inserted.line;
    // A new note ends like a text file does.
    return before === undefined && !inserted.text.endsWith('\n') ? `${inserted.text}\n` : inserted.text;
  });
  return { ...answerOf(context, saved), line, created: saved.created };
}

/** Sets and removes fields. Throws NotesError. */
export function changeFrontmatter(context: VaultContext, change: FrontmatterFields) {
  const { path, ifMatch } = change;
  const saved = changeNote(context, path, { ifMatch }, (note) => editFrontmatter(note, change, path));
  return { path: saved.path, hash: saved.hash };
}

/** If the saved note has a problem, the caller who wrote it is informed at once. */
function answerOf({ source }: VaultContext, { path, bytes, hash }: SavedFile) {
  const { problem } = source.parse({ path, bytes, hash });
  return { path, hash, ...(problem === undefined ? {} : { problem: problem.message }) };
}

/** Returns `content` as it replaces a note's text: with its line endings, and with or without a line break at the end as there. */
function replaceText(before: string, content: string): string {
  if (before === '' || content === '') return content;
  const ending = lineEndingOf(before);
  const text = withLineEnding(content, ending);
  if (before.endsWith('\n')) return text.endsWith('\n') ? text : text + ending;
  let end = text.length;
  while (text[end - 1] === '\n') end -= text[end - 2] === '\r' ? 2 : 1;
  return text.slice(0, end);
}

function existsAlready(before: StoredFile): NotesError {
  return new NotesError(
    'exists',
    `The note ${quotePath(before.path)} already exists (hash ${before.hash}); nothing was changed. Read it first. To replace it, pass that hash as if_match, or set overwrite to true.`,
  );
}
