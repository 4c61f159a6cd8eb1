import { Draft } from '../rules/draft.js';
import { isEmpty } from '../rules/tables.js';
import type { ChangeSet } from '../schema.js';
import type { StateWaits } from '../waits.js';
import type { StateImage } from './image.js';
import { acquireLock, type HeldLock, LockLost, sweepLeftovers } from './lock.js';
import type { StateFile } from './state-file.js';

export interface TransactionSteps {
  readonly waits: StateWaits;
  /** True to remove what killed processes left beside the file. */
  readonly sweep: boolean;
  /** Brings the image up to the file, under the lock. */
  refresh(): Promise<void>;
  /** Runs the transitions; again when the lock was lost meanwhile. True asks for a save without changes. */
  run(draft: Draft): boolean;
  /** Called as soon as the tables hold what was committed. */
  kept(): void;
  /** Whose the new file shall be; undefined = the process's. */
  owner(): { readonly uid: number; readonly gid: number } | undefined;
}

export interface Outcome {
  readonly written: boolean;
  /** The file is in place, but may not survive a power cut: why. */
  readonly unsynced?: unknown;
}

const mostRounds = 10;

/**
 * Lock, refresh, run, commit, release; starts over when the lock was lost. Rejects with StateErrors and Node's system
 * errors, and then neither the file nor the image has changed.
 */
export async function transact(file: StateFile, image: StateImage, steps: TransactionSteps): Promise<Outcome> {
  for (let round = 1; ; round += 1) {
    const lock = await acquireLock(file.path, steps.waits);
    try {
      if (steps.sweep) await sweepLeftovers(file.path);
      await steps.refresh();
      const draft = new Draft(image.tables);
      const write = steps.run(draft);
      const changes = draft.changes();
      if (write || !isEmpty(changes)) return await commit(file, image, lock, changes, steps);
      await lock.release();
      return { written: false };
    } catch (error) {
      await lock.release();
      if (!(error instanceof LockLost) || round === mostRounds) throw error;
    }
  }
}

async function commit(
  file: StateFile,
  image: StateImage,
  lock: HeldLock,
  changes: ChangeSet,
  steps: TransactionSteps,
): Promise<Outcome> {
  const staged = await image.stage(changes);
  try {
    const { handle, stamp, ...rest } = await lock.commit(staged.chunks, steps.owner());
    staged.keep();
    steps.kept();
    await file.replaced(handle, stamp);
    return { written: true, ...rest };
  } catch (error) {
    staged.drop();
    throw error;
  }
}
