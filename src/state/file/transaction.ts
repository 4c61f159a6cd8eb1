import { Draft } from '../rules/draft.js';
import { isEmpty } from '../rules/tables.js';
import type { ChangeSet } from '../schema.js';
import type { StateImage } from './image.js';
import { acquireLock, type HeldLock, LockLost, type LockPatience, sweepLeftovers } from './lock.js';
import type { StateFile } from './state-file.js';

export interface Transaction {
  /** Returns how long to wait for another holder of the lock; called repeatedly. */
  patience(): LockPatience;
  /** True to remove what killed processes left beside the file. */
  readonly sweep: boolean;
  /** Loads the file into the image, under the lock. From then on nothing else may change the image. */
  begin(): Promise<void>;
  /** Runs the transitions; again when the lock was lost meanwhile. True asks for a save without changes. */
  run(draft: Draft): boolean;
  /** Called as soon as the tables have the committed changes. */
  saved?(changes: ChangeSet): void;
  /** Called when the image may change again, once for each `begin`. */
  end?(): void;
  /** Whose the new file shall be; undefined = the process's. */
  owner?(): { readonly uid: number; readonly gid: number } | undefined;
}

export interface Outcome {
  readonly written: boolean;
  /** Why the file, although in place, may not survive a power cut. */
  readonly unsynced?: unknown;
}

const mostRounds = 10;

/**
 * Locks, refreshes, runs, commits and releases. Starts again if the lock was lost, or if the path now leads to another
 * file. Rejects with StateErrors and Node's system errors; then neither the file nor the image has changed.
 */
export async function transact(file: StateFile, image: StateImage, transaction: Transaction): Promise<Outcome> {
  for (let round = 1; ; round += 1) {
    const { path } = file;
    const lock = await acquireLock(path, transaction.patience);
    try {
      if (transaction.sweep) await sweepLeftovers(path);
      await transaction.begin();
      if (file.path !== path) throw new LockLost();
      const draft = new Draft(image.tables);
      const write = transaction.run(draft);
      const changes = draft.changes();
      if (write || !isEmpty(changes)) return await commit(file, image, lock, changes, transaction);
      await lock.release();
      return { written: false };
    } catch (error) {
      await lock.release();
      if (!(error instanceof LockLost) || round === mostRounds) throw error;
    } finally {
      transaction.end?.();
    }
  }
}

async function commit(
  file: StateFile,
  image: StateImage,
  lock: HeldLock,
  changes: ChangeSet,
  transaction: Transaction,
): Promise<Outcome> {
  const prepared = await image.prepare(changes);
  try {
    const { handle, stamp, ...rest } = await lock.commit(prepared.chunks, {
      owner: transaction.owner?.(),
      onPlacing: (written) => file.expect(written),
    });
    prepared.commit();
    transaction.saved?.(changes);
    await file.replaced(handle, stamp);
    return { written: true, ...rest };
  } catch (error) {
    file.expect(undefined);
    prepared.rollBack();
    throw error;
  }
}
