import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../src/log.js';
import { createMcpEndpoint } from '../../src/mcp/create-mcp-endpoint.js';
import { fakeNotes } from '../mcp/fakes.js';
import { fakeAuthorizationServer, issuer } from './fake-authorization-server.js';
import { sendRaw, serveApp } from './serve-app.js';

const authorized = { Authorization: 'Bearer good', 'Content-Type': 'application/json' };
const metadataUrl = `${issuer}/.well-known/oauth-protected-resource/mcp`;

test('no token: 401 that leads to the metadata, without an error code; a bad one: invalid_token', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  const none = await sendRaw(`${server.url}/mcp`, { method: 'POST', body: 'not even JSON' });
  assert.equal(none.status, 401);
  assert.equal(none.headers['www-authenticate'], `Bearer resource_metadata="${metadataUrl}"`);
  for (const header of ['Bearer bad', 'Bearer', 'bearer  ', 'Basic Z29vZA==', 'Bearer a b', 'good']) {
    const bad = await sendRaw(`${server.url}/mcp`, { method: 'POST', headers: { Authorization: header } });
    assert.equal(bad.status, 401, header);
    assert.match(
      String(bad.headers['www-authenticate']),
      /^Bearer error="invalid_token", .*resource_metadata="/,
      header,
    );
  }
});

test('GET, DELETE and others are 405, but only after authentication', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  for (const method of ['GET', 'DELETE', 'PUT', 'PATCH']) {
    assert.equal((await sendRaw(`${server.url}/mcp`, { method })).status, 401, method);
    const answer = await sendRaw(`${server.url}/mcp`, { method, headers: { Authorization: 'Bearer good' } });
    assert.equal(answer.status, 405, method);
    assert.equal(answer.headers['allow'], 'POST', method);
  }
});

test('the endpoint gets the parsed body and the caller', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  const answer = await sendRaw(`${server.url}/mcp/`, { method: 'POST', headers: authorized, body: '{"a":1}' });
  assert.equal(answer.status, 200);
  const seen = JSON.parse(answer.body);
  assert.deepEqual(seen.body, { a: 1 });
  assert.equal(seen.caller.clientId, 'client');
});

test('what is not JSON is a JSON-RPC parse error, and what is over 4 MB is refused', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  for (const body of ['{"a":', 'hello', '', '\u0000']) {
    const answer = await sendRaw(`${server.url}/mcp`, { method: 'POST', headers: authorized, body });
    assert.equal(answer.status, 400, body);
    assert.equal(JSON.parse(answer.body).error.code, -32700, body);
  }
  const empty = await sendRaw(`${server.url}/mcp`, { method: 'POST', headers: authorized });
  assert.equal(JSON.parse(empty.body).error.message, 'Parse error: the body is empty');
  const body = JSON.stringify({ text: 'x'.repeat(4 * 1024 * 1024) });
  const large = await fetch(`${server.url}/mcp`, { method: 'POST', headers: authorized, body });
  assert.equal(large.status, 413);
  assert.equal(((await large.json()) as { error: { code: number } }).error.code, -32600);
  const fits = JSON.stringify({ text: 'x'.repeat(4 * 1024 * 1024 - 20) });
  assert.equal((await fetch(`${server.url}/mcp`, { method: 'POST', headers: authorized, body: fits })).status, 200);
});

test('a body that is nested too deeply is refused before anything recurses into it', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  const nest = (depth: number) => `${'{"a":['.repeat(depth / 2)}"]}\\"[[["${']}'.repeat(depth / 2)}`;
  const post = (body: string) => sendRaw(`${server.url}/mcp`, { method: 'POST', headers: authorized, body });
  assert.equal((await post(nest(200))).status, 200);
  const refused = await post(nest(202));
  assert.equal(refused.status, 400);
  assert.equal(JSON.parse(refused.body).error.code, -32600);
  assert.equal((await post(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`)).status, 400);
});

test('a body of a great many members is refused before anything checks them', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  const post = (body: string) => sendRaw(`${server.url}/mcp`, { method: 'POST', headers: authorized, body });
  const list = (count: number, text: string) => `{"text":"${text}","list":[${'1,'.repeat(count - 2)}1]}`;
  assert.equal((await post(list(10_000, ','.repeat(100_000)))).status, 200);
  const refused = await post(list(10_003, ''));
  assert.equal(refused.status, 400);
  assert.equal(JSON.parse(refused.body).error.message, 'The body has more than 10000 members.');
});

test('a preflight is answered before authentication', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  const answer = await sendRaw(`${server.url}/mcp`, {
    method: 'OPTIONS',
    headers: {
      Origin: 'http://localhost:6274',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization, mcp-protocol-version',
    },
  });
  assert.equal(answer.status, 204);
  assert.equal(answer.headers['access-control-allow-origin'], '*');
  assert.equal(answer.headers['access-control-allow-headers'], 'authorization, mcp-protocol-version');
  const refused = await sendRaw(`${server.url}/mcp`, { method: 'POST', headers: { Origin: 'http://localhost:6274' } });
  assert.equal(refused.status, 401);
  assert.equal(refused.headers['access-control-allow-origin'], '*');
  assert.match(String(refused.headers['access-control-expose-headers']), /WWW-Authenticate/);
});

test('Cloudflare Access counts only when verified, without an Authorization header, on /mcp', async (t) => {
  const asked: string[] = [];
  const server = await serveApp({
    access: async (assertion) => {
      asked.push(assertion);
      return assertion === 'verified' ? { clientId: 'access', grantId: '', scopes: ['vault:read'] } : undefined;
    },
  });
  t.after(server.close);
  const post = (path: string, headers: Record<string, string>) =>
    sendRaw(`${server.url}${path}`, { method: 'POST', headers, body: '{}' });
  const admitted = await post('/mcp', { 'Cf-Access-Jwt-Assertion': 'verified' });
  assert.equal(JSON.parse(admitted.body).caller.clientId, 'access');
  assert.equal((await post('/mcp', { 'Cf-Access-Jwt-Assertion': 'forged' })).status, 401);
  const both = { 'Cf-Access-Jwt-Assertion': 'verified', Authorization: 'Bearer bad' };
  assert.equal((await post('/mcp', both)).status, 401);
  await post('/token', { 'Cf-Access-Jwt-Assertion': 'verified' });
  assert.deepEqual(asked, ['verified', 'forged']);
});

test('an assertion means nothing on a server without Cloudflare Access', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  const headers = { 'Cf-Access-Jwt-Assertion': 'verified' };
  assert.equal((await sendRaw(`${server.url}/mcp`, { method: 'POST', headers, body: '{}' })).status, 401);
});

test('too little scope is 403 and names the union, but only where asking for more can help', async (t) => {
  const callers = {
    asks: { clientId: 'client', grantId: 'grant', scopes: ['vault:read'], canAskForMore: true },
    narrowed: { clientId: 'client', grantId: 'grant', scopes: ['vault:read'], canAskForMore: false },
  };
  const oauth = fakeAuthorizationServer({ authenticate: (token) => callers[token as keyof typeof callers] });
  const mcp = createMcpEndpoint({ notes: fakeNotes({}), log: silentLog, version: '1' });
  const server = await serveApp({ oauth, mcp });
  t.after(server.close);
  const call = (token: string, name: string, batch = false) => {
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } };
    return sendRaw(`${server.url}/mcp`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(batch ? [message] : message),
    });
  };
  for (const batch of [false, true]) {
    const refused = await call('asks', 'vault_write', batch);
    assert.equal(refused.status, 403);
    assert.equal(
      refused.headers['www-authenticate'],
      'Bearer error="insufficient_scope", error_description="The access token does not allow vault:write", ' +
        `scope="vault:read vault:write", resource_metadata="${metadataUrl}"`,
    );
  }
  for (const [token, name] of [
    ['asks', 'vault_read'],
    ['asks', 'nothing'],
    ['asks', 'constructor'],
    ['narrowed', 'vault_write'],
  ]) {
    assert.equal((await call(String(token), String(name))).status, 200, `${token} ${name}`);
  }
});
