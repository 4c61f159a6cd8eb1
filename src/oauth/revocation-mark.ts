import type { StateView } from '../state/schema.js';

/**
 * Returns when the client, or all clients, were last revoked (seconds since the epoch, 0 = never). An approval remembers
 * the mark it began under; when the mark differs later, a revocation came in between and wins, whatever the clocks say.
 */
export function revocationMark(view: StateView, clientId: string): number {
  return Math.max(view.revokedBefore ?? 0, view.clients.get(clientId)?.revoked_before ?? 0);
}
