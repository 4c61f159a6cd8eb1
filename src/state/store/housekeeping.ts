import type { Log } from '../../log.js';
import { Draft } from '../rules/draft.js';
import { pruneExpired } from '../rules/prune.js';
import type { StateStore } from './store.js';

const hourMs = 3_600_000;

export interface HousekeepingOptions {
  readonly store: StateStore;
  readonly log: Log;
  /** Seconds since the epoch; defaults to the clock. */
  readonly now?: () => number;
  readonly intervalMs?: number;
}

/** Prunes what is expired now and every hour, without a write when there is nothing to do; returns what stops it. */
export function startHousekeeping(options: HousekeepingOptions): () => void {
  const { store, log } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1_000));
  const clean = () => {
    pruneOnce(store, now(), log).catch((error: unknown) => log.error('housekeeping failed', { why: String(error) }));
  };
  clean();
  const timer = setInterval(clean, options.intervalMs ?? hourMs).unref();
  return () => clearInterval(timer);
}

/** Removes what is expired at `now`; touches neither lock nor file when that is nothing. */
export async function pruneOnce(store: StateStore, now: number, log: Log): Promise<void> {
  const { changed } = new Draft(store.view()).attempt((draft) => pruneExpired(draft, now));
  if (!changed) return;
  const { value } = await store.update((draft) => pruneExpired(draft, now));
  log.info('pruned what was expired', {
    clients: value.clients.length,
    grants: value.grants.length,
    access_tokens: value.access_tokens.length,
    refresh_tokens: value.refresh_tokens.length,
  });
}
