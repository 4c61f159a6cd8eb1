import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { Log, LogFields } from '../../src/log.js';
import type { AuthorizationServer, Peer, TokenAnswer } from '../../src/oauth/authorization-server.js';
import { FetchError } from '../../src/oauth/clients/guarded-fetch.js';
import type { AuthorizationServerOptions } from '../../src/oauth/core.js';
import { createAuthorizationServer } from '../../src/oauth/create-authorization-server.js';
import { OAuthError, type OAuthErrorCode } from '../../src/oauth/errors.js';
import { createMemoryStore } from '../../src/state/store/memory-store.js';
import type { StateStore } from '../../src/state/store/store.js';

export const issuer = 'https://vault.example.com';
export const pin = 'correct horse battery';
export const redirectUri = 'https://app.example.org/callback';
export const peer: Peer = { requestId: 'r1', address: '203.0.113.7' };

export interface UnderTest {
  server: AuthorizationServer;
  store: StateStore;
  clock: { now: number };
  lines: string[];
  /** The same state in a server that was started anew. */
  restart(options?: Partial<AuthorizationServerOptions>): void;
}

export function serverUnderTest(options: Partial<AuthorizationServerOptions> = {}): UnderTest {
  const clock = { now: 1_800_000_000 };
  const now = () => clock.now;
  const store = options.store ?? createMemoryStore({ now });
  const lines: string[] = [];
  const write = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push(`${level}: ${message} ${JSON.stringify(fields ?? {})}`);
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const start = (more: Partial<AuthorizationServerOptions> = {}) =>
    createAuthorizationServer({
      issuer,
      store,
      log,
      pin,
      accessTokenTtlSeconds: 30 * 86_400,
      refreshTokenTtlSeconds: 90 * 86_400,
      refreshGraceSeconds: 86_400,
      rateLimit: true,
      fetchJson: async () => Promise.reject(new FetchError('unreachable')),
      now,
      uptime: now,
      ...options,
      ...more,
    });
  const underTest: UnderTest = {
    server: start(),
    store,
    clock,
    lines,
    restart(more) {
      underTest.server = start(more);
    },
  };
  return underTest;
}

export const verifier = randomBytes(32).toString('base64url');
export const challenge = createHash('sha256').update(verifier).digest('base64url');

export async function register(server: AuthorizationServer, members: object = {}): Promise<Record<string, string>> {
  const metadata = { redirect_uris: [redirectUri], token_endpoint_auth_method: 'none', client_name: 'App', ...members };
  return (await server.register(metadata, peer)) as Record<string, string>;
}

export function authorizationParameters(clientId: string, more: object = {}): Record<string, string> {
  return {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'st&te',
    ...more,
  };
}

export async function ask(server: AuthorizationServer, clientId: string, more: object = {}): Promise<string> {
  const answer = await server.authorize(authorizationParameters(clientId, more), peer);
  assert.equal(answer.kind, 'approval', JSON.stringify(answer));
  return answer.kind === 'approval' ? answer.requestId : '';
}

export async function approve(server: AuthorizationServer, requestId: string, readOnly = false): Promise<URL> {
  const answer = await server.decide(requestId, { action: 'approve', pin, readOnly }, peer);
  assert.equal(answer.kind, 'redirect', JSON.stringify(answer));
  return new URL(answer.kind === 'redirect' ? answer.location : '');
}

export async function getCode(server: AuthorizationServer, clientId: string, more: object = {}): Promise<string> {
  const location = await approve(server, await ask(server, clientId, more));
  return location.searchParams.get('code') ?? '';
}

export function exchange(server: AuthorizationServer, clientId: string, code: string, more: object = {}) {
  const form = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier };
  return server.token({ ...form, redirect_uri: redirectUri, ...more }, undefined, peer);
}

export function refresh(
  server: AuthorizationServer,
  clientId: string,
  token: string | undefined,
  more: object = {},
): Promise<TokenAnswer> {
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: token, ...more };
  return server.token(form, undefined, peer);
}

/** A public client with tokens. */
export async function logIn(server: AuthorizationServer): Promise<{ clientId: string; tokens: TokenAnswer }> {
  const { client_id: clientId = '' } = await register(server);
  const tokens = await exchange(server, clientId, await getCode(server, clientId));
  return { clientId, tokens };
}

export function failsWith(code: OAuthErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof OAuthError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/, 'RFC 6749, section 5.2: the characters allowed');
    return true;
  };
}
