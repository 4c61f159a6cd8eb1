import { NotesError } from '../errors.js';
import { changeFile, encodeNote, type SavedFile } from '../files/change-file.js';
import { quotePath } from '../files/note-path.js';
import type { StoredFile } from '../files/stored-file.js';
import { trashFile } from '../files/trash-file.js';
import type { ParsedNote } from '../markdown/note.js';
import type { Calls } from './protocol.js';
import { namingNearest } from './read-calls.js';
import { createTurns, recordChange, type VaultContext } from './vault-context.js';

export type ChangeCalls = Pick<Calls, 'write' | 'trash' | 'edit' | 'insert' | 'editFrontmatter' | 'daily' | 'move'>;

/** Returns the calls that change the vault; each waits for the one before it, so that what it was decided on is still so. */
export function createChanges(context: VaultContext): ChangeCalls {
  const { settings, bounds } = context;
  const inTurn = createTurns();

  async function change<T>(task: () => T | Promise<T>): Promise<T> {
    if (settings.readOnly) {
      throw new NotesError('read_only', 'The vault is served read-only: notes can be read and searched, not changed.');
    }
    return inTurn(task);
  }

  return {
    write: ({ path, content, ifMatch, overwrite }) =>
      change(() => {
        const saved = changeNote(context, path, { ifMatch, create: true }, (before) => {
          const text = content.replace(/^\ufeff/, '');
          if (before === undefined) return text;
          if (ifMatch === undefined && !overwrite) throw existsAlready(before);
          return replaceText(before.note, text);
        });
        return { path: saved.path, created: saved.created, hash: saved.hash, ...problemOf(context, saved) };
      }),
    edit: () => change(notYet),
    insert: () => change(notYet),
    editFrontmatter: () => change(notYet),
    daily: () => change(notYet),
    move: () => change(notYet),
    trash: ({ path, ifMatch }) =>
      change(() => {
        const trashed = namingNearest(context, path, () => trashFile(bounds, path, ifMatch));
        recordChange(context, [trashed.path]);
        return trashed;
      }),
  };
}

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

/** Returns `content` as it replaces a note's text: with its line endings, and with or without a line break at the end as there. */
function replaceText({ text: before, lineEnding }: ParsedNote, content: string): string {
  if (before === '' || content === '') return content;
  const ending = before.includes('\n') ? lineEnding : '\n';
  const plain = content.replaceAll('\r\n', '\n');
  const text = ending === '\n' ? plain : plain.replaceAll('\n', '\r\n');
  if (before.endsWith('\n')) return text.endsWith('\n') ? text : text + ending;
  let end = text.length;
  while (text[end - 1] === '\n') end -= text[end - 2] === '\r' ? 2 : 1;
  return text.slice(0, end);
}

function existsAlready(before: StoredFile): NotesError {
  return new NotesError(
    'exists',
    `There is a note ${quotePath(before.path)} already (hash ${before.hash}); nothing was changed. Read it first; to replace it, give that hash as if_match, or set overwrite to true.`,
  );
}

function notYet(): never {
  throw new NotesError('bad_argument', 'not yet');
}
