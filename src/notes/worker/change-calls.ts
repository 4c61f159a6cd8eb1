import { Mutex } from '../../mutex.js';
import { NotesError } from '../errors.js';
import { trashFile } from '../files/trash-file.js';
import type { MoveChange, Moved } from '../notes.js';
import { changeFrontmatter, editNote, insertIntoNote, writeNote } from './change-note.js';
import { openDaily } from './daily-call.js';
import { finishMove, moveFile } from './move-call.js';
import type { Calls } from './protocol.js';
import { namingNearest } from './read-calls.js';
import { recordChange, type VaultContext } from './vault-context.js';

/** Returns the calls that change the vault; each waits for the one before it, so that what it was decided on is still so. */
export function createChanges(
  context: VaultContext,
): Pick<Calls, 'write' | 'trash' | 'edit' | 'insert' | 'editFrontmatter' | 'daily' | 'move'> {
  const { settings, bounds } = context;
  const mutex = new Mutex();

  async function change<T>(task: () => T | Promise<T>): Promise<T> {
    if (settings.readOnly) {
      throw new NotesError('read_only', 'The vault is read-only. Notes can be read and searched, but not changed.');
    }
    if (!mutex.idle) return mutex.run(task);
    // What begins at once is known to be at work, should the worker die of it.
    const result = (async () => task())();
    void mutex.run(() => result.catch(() => {}));
    return result;
  }

  /** A call that is asked again, because the worker died at it, gets the answer that it would have got. */
  let finished: Awaited<ReturnType<typeof finishMove>>;
  if (!settings.readOnly) {
    const finish = async () => {
      finished = await finishMove(context);
    };
    mutex.run(finish).catch(context.onBroken);
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
    write: (argument) => change(() => writeNote(context, argument)),
    edit: (argument) => change(() => editNote(context, argument)),
    insert: (argument) => change(() => insertIntoNote(context, argument)),
    editFrontmatter: (argument) => change(() => changeFrontmatter(context, argument)),
    daily: (argument) =>
      // To open it changes nothing.
      argument.text === undefined && argument.create !== true
        ? openDaily(context, argument)
        : change(() => openDaily(context, argument)),
    move: (argument, isCancelled) => change(() => move(argument, isCancelled)),
    trash: ({ path, ifMatch }) =>
      change(() => {
        const trashed = namingNearest(context, path, () => trashFile(bounds, path, ifMatch));
        recordChange(context, [trashed.path]);
        return trashed;
      }),
  };
}
