import { randomBytes } from 'node:crypto';
import { Draft } from '../../src/state/rules/draft.js';
import { StateTables } from '../../src/state/rules/tables.js';
import type { ChangeSet } from '../../src/state/schema.js';
import type { StateStore } from '../../src/state/store/store.js';

export interface FaultyStore extends StateStore {
  /** While true, changes stay in memory. */
  setFailing(fails: boolean): void;
  /** Loses what is not on the disk. */
  crash(): void;
}

/** A store whose disk is a second set of tables, and can fail; the first failure is noticed only when it happens. */
export function createFaultyStore(now: () => number): FaultyStore {
  let memory = new StateTables();
  let saved: ChangeSet[] = [];
  let unsaved: ChangeSet[] = [];
  let fails = false;
  const update: StateStore['update'] = async (transition) => {
    const degraded = unsaved.length > 0;
    const draft = new Draft(memory);
    const value = transition(draft, { now: now(), random: randomBytes, degraded });
    const changes = draft.changes();
    memory.apply(changes);
    unsaved.push(changes);
    if (!fails) {
      saved = [...saved, ...unsaved];
      unsaved = [];
    }
    return { value, durable: !fails };
  };
  return {
    path: '/faulty',
    view: () => memory,
    recentView: async () => memory,
    freshView: async () => memory,
    update,
    defer: (transition) => void update(transition),
    health: () => ({ degraded: unsaved.length > 0 }),
    counters: () => ({ saves: 0, failedSaves: 0 }),
    isClockSuspect: () => false,
    close: async () => {},
    setFailing(value) {
      fails = value;
      if (fails) return;
      saved = [...saved, ...unsaved];
      unsaved = [];
    },
    crash() {
      memory = new StateTables();
      unsaved = [];
      for (const changes of saved) memory.apply(changes);
    },
  };
}
