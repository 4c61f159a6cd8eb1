import { Draft } from '../rules/draft.js';
import { StateTables } from '../rules/tables.js';
import { Pending } from './pending.js';
import type { StateStore, Transition } from './store.js';

export interface MemoryStoreOptions {
  /** Seconds since the epoch; defaults to the clock. */
  now?: () => number;
}

/** A store without a file: what it knows ends with the process. */
export function createMemoryStore(options: MemoryStoreOptions = {}): StateStore {
  const now = options.now ?? (() => Math.floor(Date.now() / 1_000));
  const tables = new StateTables();
  const update = async <T>(transition: Transition<T>) => {
    const draft = new Draft(tables);
    const { value } = new Pending(transition, now()).run(draft);
    tables.apply(draft.changes());
    return { value, durable: true };
  };
  return {
    path: undefined,
    view: () => tables,
    recentView: async () => tables,
    freshView: async () => tables,
    update,
    defer: (transition) => void update(transition).catch(() => {}),
    health: () => ({ degraded: false }),
    counters: () => ({ saves: 0, failedSaves: 0 }),
    isClockSuspect: () => false,
    close: async () => {},
  };
}
