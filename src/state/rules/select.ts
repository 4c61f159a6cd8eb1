import { displayName } from '../../foreign-text.js';
import type { StateView } from '../schema.js';
import { shownName } from './about-client.js';
import { RevokeError } from './revoke.js';

/** Which logins: each that is given has to hold. */
export interface LoginFilter {
  /** The whole name of the client as it is shown, whatever the case of its letters. */
  readonly name?: string;
  readonly idleSeconds?: number;
  readonly olderThanSeconds?: number;
}

/** Returns the IDs of the grants that fit, at `now` (seconds since the epoch). */
export function selectGrants(view: StateView, filter: LoginFilter, now: number): string[] {
  const { idleSeconds = 0, olderThanSeconds = 0 } = filter;
  const clients = filter.name === undefined ? undefined : new Set(selectClients(view, filter.name));
  const selected: string[] = [];
  for (const [id, grant] of view.grants.entries()) {
    if (clients !== undefined && !clients.has(grant.client_id)) continue;
    if (grant.last_used_at > now - idleSeconds || grant.created_at > now - olderThanSeconds) continue;
    selected.push(id);
  }
  return selected;
}

/** Returns the IDs of the clients of this name; throws RevokeError `revoke_not_found` when there is none. */
export function selectClients(view: StateView, name: string): string[] {
  const wanted = displayName(name).toLowerCase();
  const named = [...view.clients.entries()].map(([id, client]) => [id, shownName(client)] as const);
  const selected = named.filter(([, known]) => known?.toLowerCase() === wanted).map(([id]) => id);
  if (selected.length > 0) return selected;
  const similar = new Set(named.flatMap(([, known]) => (known?.toLowerCase().includes(wanted) ? [known] : [])));
  const hint =
    similar.size === 0
      ? 'vault-mcp state inspect lists what there is'
      : `names that contain it: ${[...similar]
          .slice(0, 10)
          .map((known) => JSON.stringify(known))
          .join(', ')}`;
  throw new RevokeError('revoke_not_found', `no client is named ${JSON.stringify(displayName(name))}`, { hint });
}

/** Returns the IDs of the registrations that were approved once and have no grant left, but for those that the operator added, last used before `before`. */
export function selectUnused(view: StateView, before: number): string[] {
  const selected: string[] = [];
  for (const [id, client] of view.clients.entries()) {
    const { approved_at: approvedAt, last_used_at: usedAt, revoked_before: revokedAt } = client;
    const lastSeen = Math.max(approvedAt ?? 0, usedAt ?? 0, revokedAt ?? 0);
    const isUnused = lastSeen > 0 && lastSeen <= before && client.added_at === undefined;
    if (isUnused && [...view.grantsOf(id)].length === 0) selected.push(id);
  }
  return selected;
}
