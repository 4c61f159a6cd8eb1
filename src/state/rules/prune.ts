import type {
  AccessTokenRecord,
  ChangeSet,
  ClientRecord,
  GrantRecord,
  RefreshTokenRecord,
  StateView,
} from '../schema.js';
import { Draft } from './draft.js';

/** A registration that nobody approved is kept this long. */
export const unapprovedClientTtlSeconds = 30 * 24 * 3600;

/** A grant is kept at least this long after its approval: it remembers its code, so that a replay is known. */
export const codeMemorySeconds = 10 * 60;

/** The keys of what a prune removes, by table. */
export interface Pruned {
  readonly clients: readonly string[];
  readonly grants: readonly string[];
  readonly access_tokens: readonly string[];
  readonly refresh_tokens: readonly string[];
}

/** True while the token is accepted as far as time goes; `expires_at` null never expires. */
export function isUnexpired(token: AccessTokenRecord | RefreshTokenRecord, now: number): boolean {
  return token.expires_at === null || token.expires_at > now;
}

/** True when a token of the grant can still be used: an access token, or a refresh token that was not rotated away. */
export function hasLiveToken(view: StateView, grantId: string, now: number): boolean {
  for (const hash of view.accessTokenHashesOf(grantId)) {
    const token = view.access_tokens.get(hash);
    if (token && isUnexpired(token, now)) return true;
  }
  for (const hash of view.refreshTokenHashesOf(grantId)) {
    const token = view.refresh_tokens.get(hash);
    if (token && token.rotated_at === undefined && isUnexpired(token, now)) return true;
  }
  return false;
}

/**
 * Removes expired tokens, grants without a live token, whatever lost its grant or client, and registrations that
 * nobody approved for 30 days; returns the changes and what goes. `now` is seconds since the epoch.
 */
export function pruneExpired(view: StateView, now: number): { changes: ChangeSet; pruned: Pruned } {
  const draft = new Draft(view);
  const dead = new Set<string>();
  const inUse = new Set<string>();
  for (const [id, grant] of view.grants.entries()) {
    if (isDeadGrant(view, id, grant, now)) dead.add(id);
    else inUse.add(grant.client_id);
  }
  const pruned = {
    clients: [] as string[],
    grants: [...dead],
    access_tokens: [] as string[],
    refresh_tokens: [] as string[],
  };
  for (const table of ['access_tokens', 'refresh_tokens'] as const) {
    for (const [hash, token] of view[table].entries()) {
      const homeless = dead.has(token.grant_id) || !view.grants.has(token.grant_id);
      if (!homeless && isUnexpired(token, now)) continue;
      draft[table].delete(hash);
      pruned[table].push(hash);
    }
  }
  for (const id of dead) {
    rememberApproval(view, draft, id);
    draft.grants.delete(id);
  }
  for (const [id] of view.clients.entries()) {
    const client = draft.clients.get(id);
    if (!client || inUse.has(id) || wasApproved(client)) continue;
    if (client.client_id_issued_at + unapprovedClientTtlSeconds > now) continue;
    draft.clients.delete(id);
    pruned.clients.push(id);
  }
  return { changes: draft.changes(), pruned };
}

function isDeadGrant(view: StateView, id: string, grant: GrantRecord, now: number): boolean {
  if (!view.clients.has(grant.client_id)) return true;
  if (grant.created_at + codeMemorySeconds > now) return false;
  return !hasLiveToken(view, id, now);
}

/** Clients replay their client_id for ever: one that ever had a grant must not look as if nobody approved it. */
function rememberApproval(view: StateView, draft: Draft, grantId: string): void {
  const grant = view.grants.get(grantId);
  const client = grant && draft.clients.get(grant.client_id);
  if (!client || wasApproved(client)) return;
  draft.clients.put(grant.client_id, { ...client, approved_at: grant.created_at });
}

function wasApproved(client: ClientRecord): boolean {
  return client.approved_at !== undefined || client.last_used_at !== undefined || client.revoked_before !== undefined;
}
