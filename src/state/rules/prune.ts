import type {
  AccessTokenRecord,
  ClientRecord,
  GrantRecord,
  RefreshTokenRecord,
  StateView,
  TableName,
} from '../schema.js';
import type { Draft } from './draft.js';

/** A registration that nobody approved is kept this long. */
export const unapprovedClientTtlSeconds = 30 * 24 * 3600;

/** A grant is kept at least this long after its approval. It has the hash of its code, so that a replay is recognised. */
export const codeMemorySeconds = 10 * 60;

/** The keys of what a prune removes, by table. */
export type Pruned = { readonly [T in TableName]: readonly string[] };

/** True while the token has not expired; `expires_at` null never expires. */
export function isUnexpired(token: AccessTokenRecord | RefreshTokenRecord, now: number): boolean {
  // Times are cut to seconds. The last second counts as a whole, or the token would expire earlier than announced.
  return token.expires_at === null || token.expires_at >= now;
}

/**
 * Returns when the last token of the grant ends that can still be used, an access token or a refresh token that was not
 * rotated away: null for never, undefined when there is none.
 */
export function liveUntil(view: StateView, grantId: string, now: number): number | null | undefined {
  let last: number | undefined;
  for (const tokens of [view.accessTokensOf(grantId), view.refreshTokensOf(grantId)]) {
    for (const [, token] of tokens) {
      if (token['rotated_at'] !== undefined || !isUnexpired(token, now)) continue;
      if (token.expires_at === null) return null;
      last = Math.max(last ?? 0, token.expires_at);
    }
  }
  return last;
}

/** True when a token of the grant can still be used. */
export function hasLiveToken(view: StateView, grantId: string, now: number): boolean {
  return liveUntil(view, grantId, now) !== undefined;
}

/**
 * Removes expired tokens, grants without a live token, whatever lost its grant or client, and registrations that
 * nobody approved for 30 days; returns what goes. `now` is seconds since the epoch.
 */
export function pruneExpired(draft: Draft, now: number): Pruned {
  const inUse = new Set<string>();
  const dead = new Map<string, GrantRecord>();
  for (const [id, grant] of draft.grants.entries()) {
    if (isDeadGrant(draft, id, grant, now)) dead.set(id, grant);
    else inUse.add(grant.client_id);
  }
  for (const [id, grant] of dead) {
    rememberApproval(draft, grant);
    draft.grants.delete(id);
  }
  return {
    grants: [...dead.keys()],
    access_tokens: pruneTokens(draft, 'access_tokens', now),
    refresh_tokens: pruneTokens(draft, 'refresh_tokens', now),
    clients: pruneClients(draft, inUse, now),
  };
}

function pruneTokens(draft: Draft, table: 'access_tokens' | 'refresh_tokens', now: number): string[] {
  const pruned: string[] = [];
  for (const [hash, token] of draft[table].entries()) {
    if (draft.grants.has(token.grant_id) && isUnexpired(token, now)) continue;
    draft[table].delete(hash);
    pruned.push(hash);
  }
  return pruned;
}

function pruneClients(draft: Draft, inUse: ReadonlySet<string>, now: number): string[] {
  const pruned: string[] = [];
  for (const [id, client] of draft.clients.entries()) {
    if (inUse.has(id) || wasApproved(client)) continue;
    if (client.client_id_issued_at + unapprovedClientTtlSeconds > now) continue;
    draft.clients.delete(id);
    pruned.push(id);
  }
  return pruned;
}

function isDeadGrant(view: StateView, id: string, grant: GrantRecord, now: number): boolean {
  if (!view.clients.has(grant.client_id)) return true;
  if (grant.created_at + codeMemorySeconds > now) return false;
  return !hasLiveToken(view, id, now);
}

/** Clients replay their client_id for ever: one that ever had a grant must not look as if nobody approved it. */
function rememberApproval(draft: Draft, grant: GrantRecord): void {
  const client = draft.clients.get(grant.client_id);
  if (!client || wasApproved(client)) return;
  draft.clients.put(grant.client_id, { ...client, approved_at: grant.created_at });
}

/** True for a client that was approved once, or that the operator added: it keeps its registration. */
export function wasApproved(client: ClientRecord): boolean {
  const { approved_at, last_used_at, revoked_before, added_at } = client;
  return [approved_at, last_used_at, revoked_before, added_at].some((moment) => moment !== undefined);
}
