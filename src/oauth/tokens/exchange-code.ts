import { sha256Hex, toHex } from '../../hash.js';
import type { Draft } from '../../state/rules/draft.js';
import { codeMemorySeconds } from '../../state/rules/prune.js';
import type { StateView } from '../../state/schema.js';
import type { TransitionContext } from '../../state/store/store.js';
import { revocationMark } from '../approve/revocation-mark.js';
import type { Core } from '../core.js';
import { OAuthError } from '../errors.js';
import type { CodeGrant } from '../memory/codes.js';
import type { Origin } from '../origin.js';
import { mintAccessToken, mintRefreshToken, noteUse } from './mint-tokens.js';

const replayToleranceSeconds = 60;

export interface CodeExchange {
  readonly grant: CodeGrant;
  readonly codeHash: string;
  readonly usedFrom: Origin | undefined;
}

type Rules = Pick<Core, 'resource' | 'accessTokenTtlSeconds' | 'refreshTokenTtlSeconds'>;

export interface ExchangedCode {
  readonly grantId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/**
 * Returns the hash by which a grant remembers its code. It covers what makes a second use fully valid, so that after a
 * restart nothing else needs to be known.
 */
export function codeHash(code: string, redirectUri: string, codeChallenge: string): string {
  return sha256Hex(`${code}\n${redirectUri}\n${codeChallenge}`);
}

/** Turns a code into a grant with its first tokens. Throws `invalid_grant` when the client is gone, or was revoked or forgotten since. */
export function exchangeCode(draft: Draft, at: TransitionContext, rules: Rules, exchange: CodeExchange): ExchangedCode {
  const { clientId, scopes, narrowed, revocationMark: mark, registration, approvedFrom } = exchange.grant;
  const client = draft.clients.get(clientId);
  if (client === undefined || client.registration !== registration || revocationMark(draft, clientId) !== mark) {
    throw new OAuthError('invalid_grant', 'The approval was revoked');
  }
  const grantId = toHex(at.random(16));
  draft.grants.put(grantId, {
    client_id: clientId,
    scopes,
    resource: rules.resource,
    created_at: at.now,
    last_used_at: at.now,
    origin: 'approval',
    code_hash: exchange.codeHash,
    ...(narrowed ? { narrowed } : {}),
    ...(approvedFrom === undefined
      ? {}
      : { approved_address: approvedFrom.address, approved_user_agent: approvedFrom.userAgent }),
  });
  const accessToken = mintAccessToken(draft, at, grantId, scopes, rules.accessTokenTtlSeconds);
  const refreshToken = mintRefreshToken(draft, at, grantId, scopes, at.now + rules.refreshTokenTtlSeconds);
  noteUse(draft, grantId, at.now, exchange.usedFrom);
  return { grantId, accessToken, refreshToken };
}

/** Returns the grant of this client that remembers the code, while it still counts. */
export function findGrantOfCode(view: StateView, clientId: string, hash: string, now: number): string | undefined {
  for (const [grantId, grant] of view.grantsOf(clientId)) {
    if (grant.code_hash === hash && grant.created_at + codeMemorySeconds > now) return grantId;
  }
  return undefined;
}

/** Ends the grant of a code that is used a second time, unless that is so soon that it may be a retry. Returns the grant ended. */
export function endReplayedCode(
  draft: Draft,
  at: TransitionContext,
  clientId: string,
  hash: string,
): string | undefined {
  const grantId = findGrantOfCode(draft, clientId, hash, at.now);
  const grant = grantId === undefined ? undefined : draft.grants.get(grantId);
  if (grantId === undefined || grant === undefined || at.now - grant.created_at <= replayToleranceSeconds) {
    return undefined;
  }
  draft.endGrant(grantId);
  return grantId;
}
