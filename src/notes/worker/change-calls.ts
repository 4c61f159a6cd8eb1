import { Turns } from '../../turns.js';
import { NotesError } from '../errors.js';
import { quotePath } from '../files/note-path.js';
import type { StoredFile } from '../files/stored-file.js';
import { trashFile } from '../files/trash-file.js';
import type { ParsedNote } from '../markdown/note.js';
import type { MoveChange, Moved } from '../notes.js';
import { changeNote, problemOf } from './change-note.js';
import { changeDaily, changeFrontmatter, editNote, insertIntoNote } from './edit-calls.js';
import { finishMove, moveFile } from './move-call.js';
import type { Calls } from './protocol.js';
import { namingNearest } from './read-calls.js';
import { recordChange, type VaultContext } from './vault-context.js';

export type ChangeCalls = Pick<Calls, 'write' | 'trash' | 'edit' | 'insert' | 'editFrontmatter' | 'daily' | 'move'>;

/** Returns the calls that change the vault; each waits for the one before it, so that what it was decided on is still so. */
export function createChanges(context: VaultContext): ChangeCalls {
  const { settings, bounds } = context;
  const turns = new Turns();

  async function change<T>(task: () => T | Promise<T>): Promise<T> {
    if (settings.readOnly) {
      throw new NotesError('read_only', 'The vault is served read-only: notes can be read and searched, not changed.');
    }
    if (!turns.idle) return turns.take(task);
    // What begins at once is known to be at work, should the worker die of it.
    const result = (async () => task())();
    void turns.take(() => result.catch(() => {}));
    return result;
  }

  /** A call that is asked again, because the worker died at it, gets the answer that it would have got. */
  let finished: Awaited<ReturnType<typeof finishMove>>;
  if (!settings.readOnly) {
    const finish = async () => {
      finished = await finishMove(context);
    };
    turns.take(finish).catch(context.onBroken);
  }

  async function move(argument: MoveChange, isCancelled: () => boolean): Promise<Moved> {
    try {
      return await moveFile(context, argument, isCancelled);
    } catch (error) {
      const isSame = finished?.asked.from === argument.from && finished.asked.to === argument.to;
      if (finished === undefined || !isSame || !(error instanceof NotesError && error.code === 'not_found'))
        throw error;
      return finished.result;
    }
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
    edit: (argument) => change(() => editNote(context, argument)),
    insert: (argument) => change(() => insertIntoNote(context, argument)),
    editFrontmatter: (argument) => change(() => changeFrontmatter(context, argument)),
    daily: (argument) =>
      // To open it changes nothing.
      argument.text === undefined && argument.create !== true
        ? changeDaily(context, argument)
        : change(() => changeDaily(context, argument)),
    move: (argument, isCancelled) => change(() => move(argument, isCancelled)),
    trash: ({ path, ifMatch }) =>
      change(() => {
        const trashed = namingNearest(context, path, () => trashFile(bounds, path, ifMatch));
        recordChange(context, [trashed.path]);
        return trashed;
      }),
  };
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
