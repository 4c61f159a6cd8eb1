import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import express from 'express';
import { createLogins } from '../src/create-logins.js';
import { createOAuthProvider, type OAuthProvider } from '../src/create-oauth-provider.js';
import { logIn } from './e2e/log-in.js';
import { pin, scratchFolder } from './e2e/server-process.js';

test('a login through mcpAuthRouter is refreshed, and ends with its revocation', async (t) => {
  const { url } = await serve(t);
  const login = await logIn(url);
  assert.equal(await call(url, login.accessToken), 200);
  const refreshed = await post(`${url}/token`, {
    grant_type: 'refresh_token',
    client_id: login.clientId,
    refresh_token: login.refreshToken,
  });
  assert.equal(refreshed.status, 200, await refreshed.clone().text());
  const tokens = (await refreshed.json()) as { access_token: string; refresh_token: string };
  assert.equal(await call(url, tokens.access_token), 200);
  const revoked = await post(`${url}/revoke`, { client_id: login.clientId, token: tokens.refresh_token });
  assert.equal(revoked.status, 200);
  for (const token of [login.accessToken, tokens.access_token, 'made-up']) assert.equal(await call(url, token), 401);
});

test('a code works once, for the verifier of its challenge alone; the answer names the issuer of the metadata', async (t) => {
  const { url } = await serve(t);
  const issuer = ((await (await fetch(`${url}/.well-known/oauth-authorization-server`)).json()) as { issuer: string })
    .issuer;
  let seen: URL | undefined;
  let verifier = '';
  const send: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    const location = answer.headers.get('location') ?? '';
    if (location.includes('code=')) seen = new URL(location);
    if (init?.body instanceof URLSearchParams) verifier = init.body.get('code_verifier') ?? verifier;
    return answer;
  };
  const { clientId } = await logIn(url, send);
  assert.equal(seen?.searchParams.get('iss'), issuer);
  const code = seen?.searchParams.get('code') ?? '';
  for (const code_verifier of [verifier, 'b'.repeat(43)]) {
    const again = await post(`${url}/token`, {
      grant_type: 'authorization_code',
      client_id: clientId,
      code,
      code_verifier,
    });
    assert.equal(again.status, 400);
    assert.equal(((await again.json()) as { error: string }).error, 'invalid_grant');
  }
});

test('a client that has a secret in the state file does not get in without it', async (t) => {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const statePath = join(folder.path, 'state.json');
  const clientId = await registerConfidential(statePath);
  const { provider } = await serve(t, statePath);
  assert.equal(await provider.clientsStore.getClient(clientId), undefined);
  const { url } = await serve(t);
  const registered = await fetch(`${url}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: ['https://app.example.com/'],
      token_endpoint_auth_method: 'client_secret_post',
    }),
  });
  const client = (await registered.json()) as Record<string, unknown>;
  assert.equal(client['token_endpoint_auth_method'], 'none', 'it is told that it is a public client');
  assert.equal(client['client_secret'], undefined);
});

/** Registers a client with a secret through the endpoints of createLogins over the same file. */
async function registerConfidential(statePath: string): Promise<string> {
  const logins = await createLogins({ issuerUrl: 'http://localhost:1', statePath, pin });
  const server = createServer((request, response) => logins.routes(request, response, () => response.end()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const registered = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ redirect_uris: ['https://app.example.com/'] }),
  });
  const { client_id: clientId, client_secret: secret } = (await registered.json()) as Record<string, string>;
  assert.ok(secret);
  server.close();
  server.closeAllConnections();
  await logins.close();
  return clientId ?? '';
}

function post(url: string, fields: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
}

async function call(url: string, token: string): Promise<number> {
  return (await fetch(`${url}/mcp`, { method: 'POST', headers: { Authorization: `Bearer ${token}` } })).status;
}

async function serve(t: TestContext, knownStatePath?: string): Promise<{ url: string; provider: OAuthProvider }> {
  const folder = await scratchFolder();
  const statePath = knownStatePath ?? join(folder.path, 'state.json');
  const app = express();
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = await createOAuthProvider({ issuerUrl: url, statePath, pin });
  app.use(provider.approvalPage);
  app.use(mcpAuthRouter({ provider, issuerUrl: new URL(url), resourceServerUrl: new URL('/mcp', url) }));
  app.post('/mcp', requireBearerAuth({ verifier: provider }), (_request, response) => void response.json('in'));
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await provider.close();
    await folder.remove();
  });
  return { url, provider };
}
