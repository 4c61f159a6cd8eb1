import { randomBytes } from 'node:crypto';
import { StateTables } from '../rules/tables.js';
import type { StateStore } from './store.js';

export interface MemoryStoreOptions {
  /** Seconds since the epoch; defaults to the clock. */
  now?: () => number;
  random?: (bytes: number) => Uint8Array;
}

/** A store without a file: what it knows ends with the process. */
export function createMemoryStore(options: MemoryStoreOptions = {}): StateStore {
  const now = options.now ?? (() => Math.floor(Date.now() / 1_000));
  const random = options.random ?? randomBytes;
  const tables = new StateTables();
  const update: StateStore['update'] = async (transition) => {
    const { changes, value } = transition(tables, { now: now(), random, degraded: false });
    tables.apply(changes);
    return { value, durable: true };
  };
  return {
    path: undefined,
    view: () => tables,
    freshView: async () => tables,
    update,
    defer: (transition) => tables.apply(transition(tables, { now: now(), random, degraded: false }).changes),
    health: () => ({ degraded: false }),
    counters: () => ({ saves: 0, failedSaves: 0 }),
    close: async () => {},
  };
}
