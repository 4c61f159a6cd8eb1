import { sha256Hex } from '../../hash.js';
import { capTokens } from '../../state/rules/cap-tokens.js';
import type { Draft } from '../../state/rules/draft.js';
import { isUnexpired } from '../../state/rules/prune.js';
import type { GrantRecord, RefreshTokenRecord, StateView } from '../../state/schema.js';
import type { TransitionContext } from '../../state/store/store.js';
import type { Core } from '../core.js';
import { OAuthError } from '../errors.js';
import type { Origin } from '../origin.js';
import { mintAccessToken, mintRefreshToken, noteUse } from './mint-tokens.js';
import { openSuccessor, sealSuccessor } from './sealed-token.js';

export interface RefreshRequest {
  readonly clientId: string;
  readonly token: string;
  readonly scope: string | undefined;
  /** The time of the clock, in seconds since the epoch. While the clock is behind the times in the state, nothing expires. */
  readonly askedAt: number;
  /** For how long this server runs. */
  readonly uptimeSeconds: number;
  readonly usedFrom: Origin | undefined;
}

type Rules = Pick<
  Core,
  'scopeRules' | 'isOurGrant' | 'accessTokenTtlSeconds' | 'refreshTokenTtlSeconds' | 'refreshGraceSeconds'
>;

/** `replayed`: a rotated token gave the last token of its chain. `theft`: the grant has ended. */
export type Refreshed =
  | {
      readonly kind: 'rotated' | 'replayed' | 'kept';
      readonly grantId: string;
      readonly accessToken: string;
      readonly refreshToken: string;
      readonly scopes: readonly string[];
    }
  | { readonly kind: 'theft'; readonly grantId: string };

interface Link {
  readonly token: string;
  readonly record: RefreshTokenRecord;
}

/**
 * Answers a refresh (RFC 6749, section 6). A valid token is rotated, unless the state cannot be saved. A rotated token gives
 * the last token of its chain while its successor is unused, and for a grace period after that. Later use is theft. Throws
 * `invalid_grant` or `invalid_scope` without a change.
 */
export function refresh(draft: Draft, at: TransitionContext, rules: Rules, request: RefreshRequest): Refreshed {
  const now = Math.min(at.now, request.askedAt);
  const { link, grantId } = present(draft, now, rules, request);
  const scopes = rules.scopeRules.narrowed(request.scope, link.record.scopes);
  if (request.uptimeSeconds > rules.refreshGraceSeconds && isStolen(draft, now, link, rules)) {
    draft.endGrant(grantId);
    return { kind: 'theft', grantId };
  }
  const end = liveEnd(draft, now, link);
  noteUse(draft, grantId, at.now, request.usedFrom);
  const accessToken = mintAccessToken(draft, at, grantId, scopes, rules.accessTokenTtlSeconds);
  const next = nextToken(draft, at, link, end, rules.refreshTokenTtlSeconds);
  capTokens(draft, grantId);
  return { ...next, grantId, accessToken, scopes };
}

function nextToken(draft: Draft, at: TransitionContext, link: Link, end: Link, ttlSeconds: number) {
  // A new token that a crash loses would log its client out. The client keeps its token, which still works later.
  if (at.degraded) {
    const expires_at = laterExpiry(end.record.expires_at, at.now + ttlSeconds);
    draft.refresh_tokens.put(sha256Hex(end.token), { ...end.record, expires_at });
    return { kind: 'kept' as const, refreshToken: link.token };
  }
  if (end !== link) return { kind: 'replayed' as const, refreshToken: end.token };
  return { kind: 'rotated' as const, refreshToken: rotate(draft, at, link, ttlSeconds) };
}

function present(view: StateView, now: number, rules: Rules, request: RefreshRequest): { link: Link; grantId: string } {
  const record = view.refresh_tokens.get(sha256Hex(request.token));
  const grant: GrantRecord | undefined = record && view.grants.get(record.grant_id);
  if (record === undefined || grant === undefined || !view.clients.has(grant.client_id)) {
    throw new OAuthError('invalid_grant', 'The refresh token is unknown, expired or revoked');
  }
  if (grant.client_id !== request.clientId) {
    throw new OAuthError('invalid_grant', 'The refresh token was issued to another client');
  }
  if (!rules.isOurGrant(grant)) {
    throw new OAuthError('invalid_grant', 'The refresh token is for another resource');
  }
  if (!isUnexpired(record, now)) {
    throw new OAuthError('invalid_grant', 'The refresh token is unknown, expired or revoked');
  }
  return { link: { token: request.token, record }, grantId: record.grant_id };
}

/** Honest clients replay old tokens, but not for long once they have used the next one. */
function isStolen(view: StateView, now: number, link: Link, rules: Rules): boolean {
  const usedAt = successorOf(view, link)?.record.rotated_at;
  return usedAt !== undefined && now > usedAt + rules.refreshGraceSeconds;
}

function liveEnd(view: StateView, now: number, first: Link): Link {
  let link = first;
  while (link.record.rotated_at !== undefined) {
    const next = successorOf(view, link);
    if (next === undefined || !isUnexpired(next.record, now)) {
      throw new OAuthError('invalid_grant', 'The refresh token was replaced by one that has expired');
    }
    link = next;
  }
  return link;
}

function successorOf(view: StateView, { token, record }: Link): Link | undefined {
  const successor = record.successor === undefined ? undefined : openSuccessor(record.successor, token);
  const next = successor === undefined ? undefined : view.refresh_tokens.get(sha256Hex(successor));
  if (successor === undefined || next === undefined || next.grant_id !== record.grant_id) return undefined;
  return { token: successor, record: next };
}

/** The successor keeps the token's scopes, whatever the access token was narrowed to (RFC 6749, section 6). */
function rotate(draft: Draft, at: TransitionContext, { token, record }: Link, ttlSeconds: number): string {
  const expiresAt = laterExpiry(record.expires_at, at.now + ttlSeconds);
  const successor = mintRefreshToken(draft, at, record.grant_id, record.scopes, expiresAt);
  draft.refresh_tokens.put(sha256Hex(token), {
    ...record,
    rotated_at: at.now,
    successor: sealSuccessor(successor, token, at.random(12)),
  });
  return successor;
}

/** A successor never expires before its predecessor, whatever the clock shows; null is never. */
function laterExpiry(known: number | null, expiresAt: number): number | null {
  return known === null ? null : Math.max(known, expiresAt);
}
