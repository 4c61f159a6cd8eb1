import assert from 'node:assert/strict';
import pkceChallenge from 'pkce-challenge';
import { approve } from './approve.js';
import { pin } from './server-process.js';

export interface Login {
  readonly clientId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

const redirectUri = 'http://127.0.0.1:9/callback';

/** A whole login at the server with that URL: registers a public client, approves it and exchanges its code. */
export async function logIn(url: string, send: typeof fetch = fetch, state?: string): Promise<Login> {
  const clientId = await registerClient(url, send);
  const { code_challenge, code_verifier } = await pkceChallenge();
  const asked = new URL(`${url}/authorize`);
  asked.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge,
    code_challenge_method: 'S256',
    ...(state === undefined ? {} : { state }),
  }).toString();
  const callback = await approve(asked, pin, { send });
  assert.equal(callback.searchParams.get('state') ?? undefined, state);
  return askForTokens(url, send, clientId, {
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier,
  });
}

/** Registers a public client and returns its id. */
export async function registerClient(url: string, send: typeof fetch = fetch): Promise<string> {
  const answer = await send(`${url}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }),
  });
  const text = await answer.text();
  assert.equal(answer.status, 201, text);
  return (JSON.parse(text) as { client_id: string }).client_id;
}

/** Exchanges the login's refresh token for the next pair. */
export function refreshLogin(url: string, login: Login, send: typeof fetch = fetch): Promise<Login> {
  return askForTokens(url, send, login.clientId, { grant_type: 'refresh_token', refresh_token: login.refreshToken });
}

async function askForTokens(
  url: string,
  send: typeof fetch,
  clientId: string,
  fields: Readonly<Record<string, string>>,
): Promise<Login> {
  const body = new URLSearchParams({ ...fields, client_id: clientId });
  const answer = await send(`${url}/token`, { method: 'POST', body });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const tokens = JSON.parse(text) as { access_token: string; refresh_token: string };
  return { clientId, accessToken: tokens.access_token, refreshToken: tokens.refresh_token };
}
