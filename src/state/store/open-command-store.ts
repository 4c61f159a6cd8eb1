import { Mutex } from '../../mutex.js';
import { asUnconfirmed, asWriteError } from '../errors.js';
import { findStateFile } from '../file/find-state-file.js';
import { transact } from '../file/transaction.js';
import { commandWaits, type StateWaits } from '../waits.js';
import { Pending } from './pending.js';
import type { Committed, StateStore } from './store.js';

/** The store of a command. `update` and `freshView` reject with StateError, and then nothing was changed, unless it is `state_unconfirmed`. */
export interface CommandStore extends Pick<StateStore, 'path' | 'view' | 'freshView' | 'update' | 'close'> {
  /** Where the server that saved last can be asked. */
  readonly servedAt: string | undefined;
}

/**
 * Opens an existing state file for a command. Rejects with StateError `state_missing`, `state_unreadable` or
 * `state_version` and leaves such a file alone. Root gives its rights up for good and goes on as the file's owner.
 */
export async function openCommandStore(path: string, waits: Partial<StateWaits> = {}): Promise<CommandStore> {
  const reader = await findStateFile(path);
  await reader.read();
  const { file, image } = reader;
  const mutex = new Mutex();

  async function run<T>(pending: Pending<T>): Promise<Committed<T>> {
    let answer: (() => T) | undefined;
    try {
      const { written, unsynced } = await transact(file, image, {
        patience: () => ({ ...commandWaits, ...waits }),
        sweep: true,
        begin: async () => void (await reader.read()),
        run: (draft) => {
          answer = pending.attempt(draft);
          return false;
        },
      });
      // The existing content may be a change of an earlier command that the disk did not confirm.
      const unconfirmed = written ? unsynced : await file.sync().catch((error: unknown) => error);
      if (unconfirmed !== undefined) throw asUnconfirmed(reader.path, unconfirmed, written);
    } catch (error) {
      throw asWriteError(reader.path, error);
    }
    if (answer === undefined) throw new Error('the transition was not run');
    return { value: answer(), durable: true };
  }

  return {
    path: reader.path,
    get servedAt() {
      return image.servedAt;
    },
    view: () => image.tables,
    freshView: () => mutex.run(() => reader.read().then(() => image.tables)),
    update: (transition) => {
      const pending = new Pending(transition, Math.floor(Date.now() / 1_000));
      return mutex.run(() => run(pending));
    },
    close: () => mutex.run(() => file.forget()),
  };
}
