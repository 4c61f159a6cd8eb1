import type { StateView } from '../../src/state/schema.js';
import type { Transition } from '../../src/state/store/store.js';
import { client } from '../state/state-fixture.js';

/** Reads, adds one, writes: two of these inside at once would lose one. */
export const increment: Transition<number> = (view) => {
  const count = countIn(view) + 1;
  return { changes: { clients: new Map([['counter', client('counter', { count })]]) }, value: count };
};

export function countIn(view: StateView): number {
  return Number(view.clients.get('counter')?.['count'] ?? 0);
}
