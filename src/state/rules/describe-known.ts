import type { StateView } from '../schema.js';

/**
 * Says what a state has of each ID, a letter each: `g` a grant, or a client that has one; `c` a client without; `-` neither.
 * Clients whose ID is a URL are never told of: strangers can guess it.
 */
export function describeKnown(view: StateView, ids: readonly string[]): string {
  return ids.map((id) => kindLetter(view, id)).join('');
}

function kindLetter(view: StateView, id: string): 'g' | 'c' | '-' {
  if (view.grants.has(id)) return 'g';
  if (id.includes(':') || !view.clients.has(id)) return '-';
  return [...view.grantsOf(id)].length > 0 ? 'g' : 'c';
}
