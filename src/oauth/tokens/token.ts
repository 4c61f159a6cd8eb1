import { generateChallenge } from 'pkce-challenge';
import { sha256Hex } from '../../hash.js';
import { fingerprint } from '../../state/rules/summary.js';
import { aboutRequest } from '../about-request.js';
import { addressPrefix } from '../address-prefix.js';
import { isProofKey } from '../approve/authorization-request.js';
import type { AuthorizationServer, FormFields, Peer, TokenAnswer } from '../authorization-server.js';
import type { AuthenticateClient } from '../clients/client-authentication.js';
import { readClientCredentials } from '../clients/client-credentials.js';
import type { Core } from '../core.js';
import { OAuthError } from '../errors.js';
import { required, single } from '../form-fields.js';
import { AttemptWindow } from '../memory/attempt-window.js';
import type { IssuedCode } from '../memory/codes.js';
import { originOf } from '../origin.js';
import { checkResource } from '../resource.js';
import { refuseWhileUnread } from '../unread.js';
import { codeHash, endReplayedCode, exchangeCode, findGrantOfCode } from './exchange-code.js';
import { refresh } from './refresh.js';

const stolen = 'The refresh token was used before; its grant has ended';
const failuresMax = 50;
const failuresWindowSeconds = 5 * 60;
/** No honest client refreshes so often; one whose timer overflows does, for ever. */
const refreshesMax = 60;
const refreshesWindowSeconds = 60;
/** Clients set a timer of 32 bits of milliseconds, which fires at once beyond 24.8 days. */
const longestExpirySeconds = 24 * 24 * 3_600;

/** A request to /token whose client has proved who it is. */
interface TokenRequest {
  readonly clientId: string;
  readonly form: FormFields;
  readonly peer: Peer;
}

/** Returns the token endpoint (RFC 6749, section 3.2); too many failures of a client from an address suspend it there. */
export function createToken(
  core: Core,
  authenticateClient: AuthenticateClient,
  rateLimit: boolean,
): AuthorizationServer['token'] {
  const failures = new AttemptWindow(failuresMax, failuresWindowSeconds);
  const refreshes = new AttemptWindow(refreshesMax, refreshesWindowSeconds);
  /** Clients keep their tokens on this error, and send their person to a browser on any other. */
  function checkLimit(window: AttemptWindow, bucket: string, description: string): void {
    const retryAfterSeconds = rateLimit ? window.retryAfterSeconds(bucket, core.uptime()) : 0;
    if (retryAfterSeconds > 0) throw new OAuthError('temporarily_unavailable', description, { retryAfterSeconds });
  }
  return async (form, authorization, peer) => {
    refuseWhileUnread(core.store);
    const credentials = readClientCredentials(form, authorization);
    const bucket = `${credentials.clientId.slice(0, 200)} ${addressPrefix(peer.address)}`;
    checkLimit(failures, bucket, 'Too many failed requests; try again later');
    try {
      const { client_id: clientId } = await authenticateClient(credentials, peer.issuer ?? core.issuer);
      const isRefresh = form['grant_type'] === 'refresh_token';
      if (isRefresh) checkLimit(refreshes, clientId, 'The client refreshes too often; try again later');
      const answered = await answer(core, { clientId, form, peer });
      if (isRefresh) refreshes.count(clientId, core.uptime());
      return answered;
    } catch (error) {
      if (error instanceof OAuthError && error.status < 500) {
        failures.count(bucket, core.uptime());
        noteRefusal(core, credentials.clientId, form, peer, error);
      }
      throw error;
    }
  };
}

/** Takes refused credentials down, and the fingerprint of a refresh token; what is no credential is the client's own business. */
export function noteRefusal(core: Core, clientId: string, form: FormFields, peer: Peer, error: OAuthError): void {
  // Theft has a line of its own.
  if ((error.code !== 'invalid_client' && error.code !== 'invalid_grant') || error.message === stolen) return;
  const token = form['refresh_token'] ?? form['token'];
  const kind = form['grant_type'] === 'authorization_code' ? 'code' : 'refresh_token';
  core.audit({
    event: 'refused',
    credential: error.code === 'invalid_client' ? 'client' : kind,
    ...aboutRequest(core, clientId, peer),
    ...(typeof token === 'string' ? { presented: fingerprint(sha256Hex(token)) } : {}),
    reason: error.message,
  });
}

function answer(core: Core, request: TokenRequest): Promise<TokenAnswer> {
  const grantType = required(request.form, 'grant_type');
  checkResource(request.form, core.isOurResource, request.peer.issuer);
  switch (grantType) {
    case 'authorization_code':
      return answerCode(core, request);
    case 'refresh_token':
      return answerRefresh(core, request);
    default:
      throw new OAuthError('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token');
  }
}

async function answerCode(core: Core, { clientId, form, peer }: TokenRequest): Promise<TokenAnswer> {
  const code = required(form, 'code');
  const verifier = required(form, 'code_verifier');
  const redirectUri = single(form, 'redirect_uri');
  if (!isProofKey(verifier)) {
    throw new OAuthError('invalid_request', 'code_verifier must be 43 to 128 unreserved characters');
  }
  const challenge = await generateChallenge(verifier);
  for (;;) {
    const issued = core.codes.get(code, core.now());
    if (issued === undefined) {
      await endReplay(core, clientId, codeHash(code, redirectUri ?? '', challenge), peer);
      throw new OAuthError('invalid_grant', 'The code is unknown, expired or was used before');
    }
    if (issued.clientId !== clientId) throw new OAuthError('invalid_grant', 'The code was issued to another client');
    // OAuth 2.1 no longer sends it (section 10.2); what is sent must be the same.
    if (redirectUri !== undefined && redirectUri !== issued.redirectUri) {
      throw new OAuthError('invalid_grant', 'redirect_uri is not that of the authorization request');
    }
    if (challenge !== issued.codeChallenge) {
      throw new OAuthError('invalid_grant', 'code_verifier does not match the code_challenge');
    }
    if (issued.exchanging === undefined) return exchange(core, code, issued, peer);
    await issued.exchanging;
  }
}

async function exchange(core: Core, code: string, issued: IssuedCode, peer: Peer): Promise<TokenAnswer> {
  const hash = codeHash(code, issued.redirectUri, issued.codeChallenge);
  const committing = core.store.update((draft, at) =>
    exchangeCode(draft, at, core, { grant: issued, codeHash: hash, usedFrom: originOf(core, peer) }),
  );
  issued.exchanging = committing.then(
    () => core.codes.delete(code),
    () => {
      issued.exchanging = undefined;
    },
  );
  const { value } = await committing;
  core.log.info('issued tokens', {
    ...aboutRequest(core, issued.clientId, peer),
    grant: value.grantId,
    access_token: fingerprint(sha256Hex(value.accessToken)),
    refresh_token: fingerprint(sha256Hex(value.refreshToken)),
  });
  return tokenAnswer(core, value.accessToken, value.refreshToken, issued.scopes);
}

async function endReplay(core: Core, clientId: string, hash: string, peer: Peer): Promise<void> {
  if (findGrantOfCode(core.store.view(), clientId, hash, core.now()) === undefined) return;
  const { value: ended } = await core.store.update((draft, at) => endReplayedCode(draft, at, clientId, hash));
  const fields = aboutRequest(core, clientId, peer);
  if (ended === undefined) core.log.warn('refused a code that was just used', fields);
  else core.log.warn('a code was used twice: its grant has ended', { ...fields, grant: ended });
}

async function answerRefresh(core: Core, { clientId, form, peer }: TokenRequest): Promise<TokenAnswer> {
  const token = required(form, 'refresh_token');
  const scope = single(form, 'scope');
  const asked = { askedAt: core.now(), uptimeSeconds: core.uptime() - core.startedAt };
  const { value, durable } = await core.store.update((draft, at) =>
    refresh(draft, at, core, { clientId, token, scope, ...asked, usedFrom: originOf(core, peer) }),
  );
  const fields = {
    ...aboutRequest(core, clientId, peer),
    grant: value.grantId,
    presented: fingerprint(sha256Hex(token)),
  };
  if (value.kind === 'theft') {
    core.audit({ event: 'refused', credential: 'stolen_refresh_token', ...fields });
    throw new OAuthError('invalid_grant', stolen);
  }
  // What is not on disk may be lost in a crash; the token that the client holds leads to it in any case.
  const refreshToken = durable ? value.refreshToken : token;
  core.log.info(value.kind === 'replayed' ? 'refreshed by a rotated token' : 'refreshed', {
    ...fields,
    access_token: fingerprint(sha256Hex(value.accessToken)),
    refresh_token: fingerprint(sha256Hex(refreshToken)),
  });
  return tokenAnswer(core, value.accessToken, refreshToken, value.scopes);
}

function tokenAnswer(core: Core, accessToken: string, refreshToken: string, scopes: readonly string[]): TokenAnswer {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: Math.min(core.accessTokenTtlSeconds, longestExpirySeconds),
    refresh_token: refreshToken,
    scope: scopes.join(' '),
  };
}
