import type { StateView } from '../../state/schema.js';

/**
 * Returns a mark of how often and when the client, or all clients, were revoked (0 = never). An approval remembers the
 * mark it began under; when the mark differs later, a revocation came in between and wins, whatever the clocks say: each
 * moves its own part on, so the sum moves too, where the later of the two might not.
 */
export function revocationMark(view: StateView, clientId: string): number {
  return (view.revokedBefore ?? 0) + (view.clients.get(clientId)?.revoked_before ?? 0);
}
