import { changeFile, encodeNote, type SavedFile } from '../files/change-file.js';
import type { StoredFile } from '../files/stored-file.js';
import type { ParsedNote } from '../markdown/note.js';
import { namingNearest } from './read-calls.js';
import { recordChange, type VaultContext } from './vault-context.js';

/** A note that is to be changed. */
export interface NoteBefore extends StoredFile {
  readonly note: ParsedNote;
}

/** Changes the text of a note by what was parsed of it, and has the catalogue know. Throws NotesError. */
export function changeNote(
  context: VaultContext,
  path: string,
  options: { ifMatch?: string | undefined; create?: boolean | undefined },
  change: (before: NoteBefore | undefined) => string,
): SavedFile {
  const { bounds, source } = context;
  const saved = namingNearest(context, path, () =>
    changeFile(bounds, path, options, (stored) => {
      if (stored === undefined) return encodeNote(change(undefined), false, path);
      const note = source.parse(stored);
      return encodeNote(change({ ...stored, note }), note.hasMark, path);
    }),
  );
  if (saved.changed) recordChange(context, [saved.path]);
  return saved;
}

/** What the reader finds wrong with a note as it was saved, so that whoever broke it is told at once. */
export function problemOf({ source }: VaultContext, { path, bytes, hash }: SavedFile): { problem?: string } {
  const problem = source.parse({ path, bytes, hash }).problem;
  return problem === undefined ? {} : { problem: problem.message };
}
