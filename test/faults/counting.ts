import type { StateView } from '../../src/state/schema.js';
import type { Transition } from '../../src/state/store/store.js';
import { client } from '../state/state-fixture.js';

/** Reads, adds one, writes: two of these inside at once would lose one. */
export const increment: Transition<number> = (draft) => {
  const count = countIn(draft) + 1;
  draft.clients.put('counter', client('counter', { count }));
  return count;
};

export function countIn(view: StateView): number {
  return Number(view.clients.get('counter')?.['count'] ?? 0);
}
