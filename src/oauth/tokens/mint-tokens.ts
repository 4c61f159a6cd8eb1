import { sha256Hex, toHex } from '../../hash.js';
import type { Draft } from '../../state/rules/draft.js';
import { codeMemorySeconds } from '../../state/rules/prune.js';
import type { TransitionContext } from '../../state/store/store.js';
import type { Origin } from '../origin.js';

const tokenBytes = 32;

/** Adds an access token to the grant, and returns it in plain. */
export function mintAccessToken(
  draft: Draft,
  at: TransitionContext,
  grantId: string,
  scopes: readonly string[],
  ttlSeconds: number,
): string {
  const token = toHex(at.random(tokenBytes));
  const record = { grant_id: grantId, scopes, created_at: at.now, expires_at: at.now + ttlSeconds };
  draft.access_tokens.put(sha256Hex(token), record);
  return token;
}

/** Adds a refresh token to the grant, and returns it in plain; `expiresAt` null is never. */
export function mintRefreshToken(
  draft: Draft,
  at: TransitionContext,
  grantId: string,
  scopes: readonly string[],
  expiresAt: number | null,
): string {
  const token = toHex(at.random(tokenBytes));
  draft.refresh_tokens.put(sha256Hex(token), { grant_id: grantId, scopes, created_at: at.now, expires_at: expiresAt });
  return token;
}

/** Notes that a grant and its client were used now, and from where; the grant forgets its code when nobody can replay that any more. */
export function noteUse(draft: Draft, grantId: string, now: number, origin: Origin | undefined): void {
  const grant = draft.grants.get(grantId);
  if (grant === undefined) return;
  const { code_hash, last_used_address: _address, last_used_user_agent: _userAgent, ...rest } = grant;
  const remembered = code_hash !== undefined && grant.created_at + codeMemorySeconds > now ? { code_hash } : {};
  draft.grants.put(grantId, {
    ...rest,
    ...remembered,
    last_used_at: Math.max(grant.last_used_at, now),
    ...(origin === undefined ? {} : { last_used_address: origin.address, last_used_user_agent: origin.userAgent }),
  });
  const client = draft.clients.get(grant.client_id);
  if (client === undefined) return;
  draft.clients.put(grant.client_id, { ...client, last_used_at: Math.max(client.last_used_at ?? 0, now) });
}
