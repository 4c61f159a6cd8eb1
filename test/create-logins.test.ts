import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import express from 'express';
import { createLogins, type Logins, type LoginsOptions } from '../src/create-logins.js';
import { VaultMcpError } from '../src/errors.js';
import { approve } from './e2e/approve.js';
import { logIn } from './e2e/log-in.js';
import { pin, scratchFolder } from './e2e/server-process.js';

const scopes = { 'tasks:read': 'See your <b>tasks</b>', 'tasks:write': 'Change them' };

test('routes answer the authorization server alone; everything else is passed on as it was', async (t) => {
  const { url } = await serve(t, {}, (logins) => (request, response) => {
    logins.routes(request, response, () => response.end(`mine: ${request.url}`));
  });
  for (const path of ['/', '/tokens', '/oauth', '/authorize-me', '/.well-known/security.txt', '/favicon.svg']) {
    const answer = await fetch(url + path);
    assert.equal(await answer.text(), `mine: ${path}`);
    assert.equal(answer.headers.get('content-security-policy'), null, 'no policy of ours on a page of theirs');
  }
  for (const path of ['/register', '/token', '/revoke']) assert.equal((await fetch(url + path)).status, 405, path);
  const metadata = (await (await fetch(`${url}/.well-known/oauth-authorization-server`)).json()) as object;
  assert.deepEqual((metadata as { scopes_supported: string[] }).scopes_supported, [
    'tasks:read',
    'tasks:write',
    'offline_access',
  ]);
});

test('the resource has its own path and name, in the metadata and in the challenge', async (t) => {
  const { url } = await serve(t, { resourcePath: '/api/mcp', name: 'Tasks' }, guarded());
  const refused = await fetch(`${url}/api/mcp`, { method: 'POST' });
  assert.equal(refused.status, 401);
  const named = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '')?.[1] ?? '';
  assert.deepEqual(await (await fetch(named)).json(), {
    resource: `${url}/api/mcp`,
    authorization_servers: [url],
    scopes_supported: ['tasks:read', 'tasks:write'],
    bearer_methods_supported: ['header'],
    resource_name: 'Tasks',
  });
});

test('a request gets through with the scopes that it needs, and its handler learns who calls', async (t) => {
  const { url } = await serve(t, {}, guarded('tasks:read', 'tasks:write'));
  const all = await logIn(url);
  const call = (token: string) =>
    fetch(`${url}/mcp`, { method: 'POST', headers: { Authorization: `Bearer ${token}` } });
  const auth = (await (await call(all.accessToken)).json()) as AuthInfo;
  assert.deepEqual(auth.scopes, ['tasks:read', 'tasks:write']);
  assert.equal(auth.clientId, all.clientId);
  assert.equal(auth.token, all.accessToken);
  assert.equal(String(auth.resource), `${url}/mcp`);
  const daysLeft = ((auth.expiresAt ?? 0) - Date.now() / 1_000) / 86_400;
  assert.ok(daysLeft > 1 && daysLeft < 31, `expires in ${daysLeft} days`);

  const narrowed = await fetch(`${url}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: all.clientId,
      refresh_token: all.refreshToken,
      scope: 'tasks:read',
    }),
  });
  const refused = await call(((await narrowed.json()) as { access_token: string }).access_token);
  assert.equal(refused.status, 403);
  assert.match(refused.headers.get('www-authenticate') ?? '', /insufficient_scope.*scope="tasks:read tasks:write"/);
});

test('the page tells the scopes in the words of the embedder, escaped, without a choice of the vault', async (t) => {
  const { url } = await serve(t, { name: 'Tasks & more' }, guarded());
  const registered = await fetch(`${url}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ redirect_uris: ['http://127.0.0.1:9/callback'], token_endpoint_auth_method: 'none' }),
  });
  const { client_id: clientId } = (await registered.json()) as { client_id: string };
  const asked = new URL('/authorize', url);
  asked.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
    scope: 'tasks:read vault:write',
  }).toString();
  const page = await (await fetch(asked)).text();
  assert.match(page, /See your &#60;b&#62;tasks/);
  assert.match(page, /use Tasks &#38; more/);
  assert.doesNotMatch(page, /Change them|notes|read_only/);
  // A form that was tampered with cannot have what the page does not offer.
  const callback = await approve(asked, pin, { readOnly: true });
  assert.ok(callback.searchParams.has('code'));
});

test('inside Express, behind parsers of bodies, a client logs in', async (t) => {
  const { url } = await serve(t, {}, (logins) => {
    const app = express();
    app.use(express.json(), express.urlencoded({ extended: false }), logins.routes);
    app.all('/mcp', logins.requireLogin('tasks:write'), (_request, response) => void response.json('in'));
    return app;
  });
  const { accessToken } = await logIn(url);
  const answer = await fetch(`${url}/mcp`, { method: 'POST', headers: { Authorization: `Bearer ${accessToken}` } });
  assert.equal(await answer.json(), 'in');
  const preflight = await fetch(`${url}/mcp`, {
    method: 'OPTIONS',
    headers: { Origin: 'https://app.example.com', 'Access-Control-Request-Headers': 'authorization' },
  });
  assert.equal(preflight.status, 204);
});

test('options that cannot be used are refused by name, before a file is made', async () => {
  const good: LoginsOptions = { issuerUrl: 'https://tasks.example.com', pin };
  const bad: readonly [RegExp, Partial<LoginsOptions>][] = [
    [/issuerUrl/, { issuerUrl: 'tasks.example.com' }],
    [/issuerUrl/, { issuerUrl: 'https://tasks.example.com/?x=1' }],
    [/issuerUrl/, { issuerUrl: 'https://me:secret@tasks.example.com' }],
    [/issuerUrl/, { issuerUrl: 'ftp://tasks.example.com' }],
    [/resourcePath/, { resourcePath: 'mcp' }],
    [/resourcePath/, { resourcePath: '/mcp/' }],
    [/resourcePath/, { resourcePath: '/:mcp' }],
    [/pin/, { pin: ' \t' }],
    [/scopes/, { scopes: {} }],
    [/scopes/, { scopes: { 'a b': 'Two' } }],
    [/scopes/, { scopes: { '"': 'Quote' } }],
  ];
  for (const [named, options] of bad) {
    await assert.rejects(createLogins({ ...good, ...options }), (error) => {
      assert.ok(error instanceof VaultMcpError && error.code === 'invalid_option', String(error));
      assert.match(error.message, named);
      return !error.message.includes('secret');
    });
  }
  await assert.rejects(createLogins({ ...good, trustProxy: ['everybody'] }), { code: 'invalid_trust_proxy' });
});

function guarded(...needed: string[]) {
  return (logins: Logins): RequestListener => {
    const requireLogin = logins.requireLogin(...needed);
    return (request, response) =>
      logins.routes(request, response, () =>
        requireLogin(request, response, () => {
          response.end(JSON.stringify((request as typeof request & { auth: AuthInfo }).auth));
        }),
      );
  };
}

async function serve(
  t: TestContext,
  options: Partial<LoginsOptions>,
  listenerOf: (logins: Logins) => RequestListener,
): Promise<{ url: string }> {
  const folder = await scratchFolder();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const logins = await createLogins({
    issuerUrl: url,
    statePath: join(folder.path, 'state.json'),
    pin,
    scopes,
    ...options,
  });
  server.on('request', listenerOf(logins));
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await logins.close();
    await folder.remove();
  });
  return { url };
}
