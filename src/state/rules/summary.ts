import { redirectHost } from '../../addresses.js';
import { displayText } from '../../foreign-text.js';
import {
  type AccessTokenRecord,
  type ClientRecord,
  type GrantRecord,
  perTable,
  type RefreshTokenRecord,
  type StateView,
  type TableName,
} from '../schema.js';
import { shownName } from './about-client.js';
import { Draft } from './draft.js';
import { isUnexpired, liveUntil, type Pruned, pruneExpired } from './prune.js';

export interface TokenSummary {
  readonly fingerprint: string;
  readonly kind: 'access' | 'refresh';
  /** `spent`: a refresh token that was rotated; `expired` wins over it. */
  readonly status: 'live' | 'spent' | 'expired';
  readonly created_at: number;
  readonly expires_at: number | null;
}

export interface GrantSummary {
  readonly grant_id: string;
  readonly scopes: readonly string[];
  readonly resource: string;
  readonly origin: string;
  readonly created_at: number;
  readonly last_used_at: number;
  /** Where the approval, and the last use, came from; null when that is not kept. */
  readonly approved_address: string | null;
  readonly approved_user_agent: string | null;
  readonly last_used_address: string | null;
  readonly last_used_user_agent: string | null;
  /** False when no token of it can be used any more. */
  readonly live: boolean;
  /** When the last token of it ends that can be used; null for never, absent when none can. */
  readonly expires_at?: number | null;
  /** Empty when they were not asked for. */
  readonly tokens: readonly TokenSummary[];
}

export interface ClientSummary {
  readonly client_id: string;
  readonly name: string | null;
  readonly redirect_hosts: readonly string[];
  readonly auth_method: string;
  readonly registered_at: number;
  readonly approved_at: number | null;
  readonly last_used_at: number | null;
  readonly revoked_before: number | null;
  readonly grants: readonly GrantSummary[];
}

/** How many of each. */
export type Totals = { readonly [T in TableName]: number };

export interface StateSummary {
  readonly revoked_before: number | null;
  readonly totals: Totals;
  /** What prune-expired would remove now. */
  readonly prunable: Totals;
}

/** Returns how a token hash is shown: its first 12 hex digits. */
export function fingerprint(hash: string): string {
  return hash.slice(0, 12);
}

/** Returns what an operator may see of the state at `now` (seconds since the epoch), but for its clients. */
export function summarize(view: StateView, now: number): StateSummary {
  return {
    revoked_before: view.revokedBefore ?? null,
    totals: perTable((name) => view[name].size),
    prunable: countPruned(pruneExpired(new Draft(view), now)),
  };
}

export function countPruned(pruned: Pruned): Totals {
  return perTable((name) => pruned[name].length);
}

/** Yields what an operator may see of each client and its grants, without any secret; newest client last. */
export function* summarizeClients(
  view: StateView,
  now: number,
  only: (client: ClientRecord) => boolean = () => true,
  withTokens = true,
): Iterable<ClientSummary> {
  const clients = [...view.clients.entries()].filter(([, client]) => only(client));
  clients.sort(
    ([id, client], [otherId, other]) =>
      client.client_id_issued_at - other.client_id_issued_at || compareText(id, otherId),
  );
  for (const [id, client] of clients) yield summarizeClient(view, id, client, now, withTokens);
}

function summarizeClient(
  view: StateView,
  id: string,
  client: ClientRecord,
  now: number,
  withTokens: boolean,
): ClientSummary {
  const grants = Array.from(view.grantsOf(id), ([grantId, grant]) =>
    summarizeGrant(view, grantId, grant, now, withTokens),
  );
  grants.sort((a, b) => a.created_at - b.created_at || compareText(a.grant_id, b.grant_id));
  return {
    client_id: id,
    name: shownName(client) ?? null,
    redirect_hosts: redirectHosts(client),
    auth_method: client.token_endpoint_auth_method,
    registered_at: client.client_id_issued_at,
    approved_at: client.approved_at ?? null,
    last_used_at: client.last_used_at ?? null,
    revoked_before: client.revoked_before ?? null,
    grants,
  };
}

function summarizeTokens(view: StateView, id: string, now: number): TokenSummary[] {
  const tokens: TokenSummary[] = [];
  const add = (hash: string, kind: TokenSummary['kind'], token: AccessTokenRecord | RefreshTokenRecord) => {
    const isSpent = kind === 'refresh' && token['rotated_at'] !== undefined;
    const status = !isUnexpired(token, now) ? 'expired' : isSpent ? 'spent' : 'live';
    tokens.push({
      fingerprint: fingerprint(hash),
      kind,
      status,
      created_at: token.created_at,
      expires_at: token.expires_at,
    });
  };
  for (const [hash, token] of view.accessTokensOf(id)) add(hash, 'access', token);
  for (const [hash, token] of view.refreshTokensOf(id)) add(hash, 'refresh', token);
  return tokens.sort((a, b) => expiryOrder(a) - expiryOrder(b) || compareText(a.fingerprint, b.fingerprint));
}

function summarizeGrant(
  view: StateView,
  id: string,
  grant: GrantRecord,
  now: number,
  withTokens: boolean,
): GrantSummary {
  const expiresAt = liveUntil(view, id, now);
  return {
    grant_id: id,
    scopes: grant.scopes,
    resource: grant.resource,
    origin: grant.origin,
    created_at: grant.created_at,
    last_used_at: grant.last_used_at,
    approved_address: shown(grant.approved_address),
    approved_user_agent: shown(grant.approved_user_agent),
    last_used_address: shown(grant.last_used_address),
    last_used_user_agent: shown(grant.last_used_user_agent),
    live: expiresAt !== undefined,
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    tokens: withTokens ? summarizeTokens(view, id, now) : [],
  };
}

function shown(text: string | undefined): string | null {
  return text === undefined ? null : displayText(text, 200);
}

function expiryOrder(token: TokenSummary): number {
  return token.expires_at ?? Number.MAX_SAFE_INTEGER;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Returns the hosts that a client redirects to, each once. */
export function redirectHosts({ redirect_uris: uris }: ClientRecord): string[] {
  return [...new Set(uris.map(redirectHost))];
}
