import { setImmediate } from 'node:timers/promises';
import type { Log } from '../../log.js';
import type { Catalogue } from '../catalogue/catalogue.js';
import type { VaultFollower } from '../catalogue/follow-vault.js';
import { isBroken } from '../catalogue/sql.js';
import { NotesError } from '../errors.js';
import type { Bounds } from '../files/locate.js';
import type { NoteSource } from './note-source.js';
import type { WorkerSettings } from './protocol.js';

/** What every call works with. */
export interface VaultContext {
  readonly settings: WorkerSettings;
  readonly bounds: Bounds;
  readonly source: NoteSource;
  readonly catalogue: Catalogue;
  readonly follower: VaultFollower;
  readonly log: Log;
  /** The catalogue cannot go on: this worker ends. */
  readonly onBroken: (error: unknown) => void;
}

/**
 * Has the catalogue say what a change of our own did. The change is on disk by then, so a failing catalogue does not fail
 * it, and a new one will find it.
 */
export function recordChange({ follower, log, onBroken }: VaultContext, paths: Iterable<string>): void {
  try {
    follower.updateNow(paths);
  } catch (error) {
    if (isBroken(error)) onBroken(error);
    else log.warn('a change could not be written to the catalogue', { reason: String(error) });
  }
}

/** Lets waiting calls be answered; throws NotesError `cancelled` when this one is no longer wanted. */
export async function yieldToCalls(isCancelled: () => boolean): Promise<void> {
  await setImmediate();
  refuseCancelled(isCancelled);
}

/** Throws NotesError `cancelled` when the call is no longer wanted. */
export function refuseCancelled(isCancelled: () => boolean): void {
  if (isCancelled()) throw new NotesError('cancelled', 'The call was cancelled.');
}
