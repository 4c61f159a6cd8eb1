import type { Log } from '../../log.js';
import { Draft } from '../rules/draft.js';
import { pruneExpired } from '../rules/prune.js';
import { countPruned } from '../rules/summary.js';
import type { StateStore } from './store.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface HousekeepingOptions {
  readonly store: StateStore;
  readonly log: Log;
  /** Seconds since the epoch; defaults to the clock. */
  readonly now?: () => number;
  /** Milliseconds that only ever go forward; defaults to the process's. */
  readonly monotonicMs?: () => number;
  readonly intervalMs?: number;
}

/**
 * Prunes every hour what has been expired for a day that this process lived through, whatever the clock did meanwhile;
 * returns what stops it.
 */
export function startHousekeeping(options: HousekeepingOptions): () => void {
  const { store, log } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1_000));
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  let seen: { readonly atMs: number; readonly now: number }[] = [];

  function clean(): void {
    const atMs = monotonicMs();
    if (store.isClockSuspect() || store.health().unread === true) seen = [];
    else seen.push({ atMs, now: now() });
    while (seen[1] !== undefined && seen[1].atMs <= atMs - dayMs) seen.shift();
    if (seen[0] === undefined || seen[0].atMs > atMs - dayMs) return;
    const expiredBefore = Math.min(...seen.map((one) => one.now));
    pruneOnce(store, expiredBefore, log).catch((error: unknown) =>
      log.error('housekeeping failed', { why: String(error) }),
    );
  }

  clean();
  const timer = setInterval(clean, options.intervalMs ?? hourMs).unref();
  return () => clearInterval(timer);
}

/** Removes what was expired at `now`, in seconds since the epoch; touches neither lock nor file when that is nothing. */
export async function pruneOnce(store: StateStore, now: number, log: Log): Promise<void> {
  const { changed } = new Draft(store.view()).attempt((draft) => pruneExpired(draft, now));
  if (!changed) return;
  const { value } = await store.update((draft) => pruneExpired(draft, now));
  log.info('pruned what was expired', countPruned(value));
}
