import { editFrontmatter } from '../edit/edit-frontmatter.js';
import { editText } from '../edit/edit-text.js';
import { insertText } from '../edit/insert-text.js';
import { readNote } from '../markdown/read-note.js';
import type { DailyChange, DailyNote, EditChange, FrontmatterFields, InsertChange, InsertedText } from '../notes.js';
import { changeNote, type NoteBefore, problemOf } from './change-note.js';
import { openDaily } from './daily-call.js';
import type { VaultContext } from './vault-context.js';

/** Replaces exact text. Throws NotesError. */
export function editNote(context: VaultContext, change: EditChange) {
  const { path, ifMatch, oldText, newText, expectedReplacements = 1 } = change;
  const saved = changeNote(context, path, { ifMatch }, (before) =>
    editText(noteOf(before), { oldText, newText, expectedReplacements }, path),
  );
  return { path: saved.path, hash: saved.hash, replacements: expectedReplacements, ...problemOf(context, saved) };
}

/** Adds lines, or replaces what stands under a heading. Throws NotesError. */
export function insertIntoNote(context: VaultContext, change: InsertChange): InsertedText {
  const { path, ifMatch, text, heading, position = 'end', create } = change;
  let line = 1;
  const saved = changeNote(context, path, { ifMatch, create }, (before) => {
    const inserted = insertText(noteOf(before), { text, heading, position, createHeading: create }, path);
    line = inserted.line;
    // A new note ends like a text file does.
    return before === undefined && !inserted.text.endsWith('\n') ? `${inserted.text}\n` : inserted.text;
  });
  return { path: saved.path, hash: saved.hash, line, created: saved.created, ...problemOf(context, saved) };
}

/** Sets and removes fields. Throws NotesError. */
export function changeFrontmatter(context: VaultContext, { path, ifMatch, ...fields }: FrontmatterFields) {
  const { path: realPath, hash } = changeNote(context, path, { ifMatch }, (before) =>
    editFrontmatter(noteOf(before), fields, path),
  );
  return { path: realPath, hash };
}

/** Opens the note of a day, see `openDaily`. */
export function changeDaily(context: VaultContext, change: DailyChange): DailyNote {
  const create = (path: string, text: string) =>
    changeNote(context, path, { create: true }, (before) => before?.note.text ?? text).created;
  return openDaily(context, { create, insert: (insertion) => insertIntoNote(context, insertion) }, change);
}

function noteOf(before: NoteBefore | undefined) {
  return before?.note ?? readNote(new Uint8Array());
}
