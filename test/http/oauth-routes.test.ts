import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorizationServer, FormFields } from '../../src/oauth/authorization-server.js';
import { OAuthError } from '../../src/oauth/errors.js';
import { fakeAuthorizationServer, issuer } from './fake-authorization-server.js';
import { sendRaw, serveApp } from './serve-app.js';

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const json = { 'Content-Type': 'application/json' };

async function serve(replaced: Partial<AuthorizationServer> = {}, rateLimit = false) {
  return serveApp({ oauth: fakeAuthorizationServer(replaced), rateLimit });
}

test('metadata is served at every path that clients probe, with HEAD and CORS', async (t) => {
  const server = await serve();
  t.after(server.close);
  const documents: Record<string, string> = {
    'oauth-authorization-server': 'issuer',
    'openid-configuration': 'issuer',
    'oauth-protected-resource': 'resource',
  };
  for (const [name, member] of Object.entries(documents)) {
    for (const path of [`/.well-known/${name}`, `/.well-known/${name}/mcp`, `/mcp/.well-known/${name}`]) {
      const answer = await sendRaw(`${server.url}${path}`);
      assert.equal(answer.status, 200, path);
      assert.equal(JSON.parse(answer.body)[member], member === 'issuer' ? issuer : `${issuer}/mcp`, path);
      assert.equal(answer.headers['access-control-allow-origin'], '*', path);
      const head = await sendRaw(`${server.url}${path}`, { method: 'HEAD' });
      assert.equal(head.status, 200, path);
      assert.equal(head.body, '', path);
      assert.equal(head.headers['content-length'], String(Buffer.byteLength(answer.body)), path);
    }
  }
});

test('/register takes JSON of 16 KB at most, and answers in RFC 7591 errors', async (t) => {
  const seen: unknown[] = [];
  const server = await serve({
    register: async (metadata) => {
      seen.push(metadata);
      return { client_id: 'new' };
    },
  });
  t.after(server.close);
  const post = (headers: Record<string, string>, body: string) =>
    sendRaw(`${server.url}/register`, { method: 'POST', headers, body });
  const created = await post(json, '{"redirect_uris":[]}');
  assert.equal(created.status, 201);
  assert.deepEqual(JSON.parse(created.body), { client_id: 'new' });
  assert.deepEqual(seen, [{ redirect_uris: [] }]);
  const refused: [Record<string, string>, string, number][] = [
    [json, '{', 400],
    [json, JSON.stringify({ client_name: 'x'.repeat(16 * 1024) }), 413],
    [form, 'client_name=x', 400],
    [{}, '{}', 400],
    [{ ...json, 'Content-Encoding': 'pigeon' }, '{}', 415],
    [{ ...json, 'Content-Encoding': 'gzip' }, '{}', 400],
  ];
  for (const [headers, body, status] of refused) {
    const answer = await post(headers, body);
    assert.equal(answer.status, status, JSON.stringify([headers, body.slice(0, 20)]));
    assert.equal(JSON.parse(answer.body).error, 'invalid_client_metadata');
  }
  assert.equal(seen.length, 1);
});

test('/token and /revoke take forms only, of 16 KB at most', async (t) => {
  const seen: FormFields[] = [];
  const server = await serve({
    token: async (fields) => {
      seen.push(fields);
      return { access_token: 'a', token_type: 'Bearer', expires_in: 1, scope: '' };
    },
    revoke: async (fields) => {
      seen.push(fields);
    },
  });
  t.after(server.close);
  for (const path of ['/token', '/revoke']) {
    const post = (headers: Record<string, string>, body: string) =>
      sendRaw(`${server.url}${path}`, { method: 'POST', headers, body });
    assert.equal((await post(form, 'token=a&client_id=b')).status, 200, path);
    const refused: [Record<string, string>, string, number][] = [
      [json, '{"token":"a"}', 400],
      [{}, 'token=a', 400],
      [form, `token=${'a'.repeat(16 * 1024)}`, 413],
      [form, `${'a&'.repeat(2_000)}`, 413],
    ];
    for (const [headers, body, status] of refused) {
      const answer = await post(headers, body);
      assert.equal(answer.status, status, `${path} ${body.slice(0, 20)}`);
      assert.equal(JSON.parse(answer.body).error, 'invalid_request');
    }
  }
  assert.deepEqual(
    seen.map((fields) => ({ ...fields })),
    [
      { token: 'a', client_id: 'b' },
      { token: 'a', client_id: 'b' },
    ],
  );
});

test('invalid_client is 401, with a Basic challenge for whoever used Basic', async (t) => {
  const server = await serve();
  t.after(server.close);
  const post = (headers: Record<string, string>) =>
    sendRaw(`${server.url}/token`, { method: 'POST', headers: { ...form, ...headers }, body: 'grant_type=x' });
  const basic = await post({ Authorization: 'Basic YTpi' });
  assert.equal(basic.status, 401);
  assert.equal(basic.headers['www-authenticate'], 'Basic realm="vault-mcp", charset="UTF-8"');
  assert.deepEqual(JSON.parse(basic.body), { error: 'invalid_client', error_description: 'Unknown client' });
  const inBody = await post({});
  assert.equal(inBody.status, 401);
  assert.equal(inBody.headers['www-authenticate'], undefined);
});

test('a client is told to wait, and how long', async (t) => {
  const server = await serve({
    token: async () => {
      throw new OAuthError('temporarily_unavailable', 'Later', { retryAfterSeconds: 7 });
    },
  });
  t.after(server.close);
  const answer = await sendRaw(`${server.url}/token`, { method: 'POST', headers: form, body: 'a=b' });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['retry-after'], '7');
  assert.equal(JSON.parse(answer.body).error, 'temporarily_unavailable');
});

test('registrations are limited per address behind trusted hops, IPv6 by /56, and can be unlimited', async (t) => {
  const limited = await serve({ register: async () => ({}) }, true);
  const unlimited = await serve({ register: async () => ({}) });
  t.after(() => Promise.all([limited.close(), unlimited.close()]));
  const post = (url: string, address: string) =>
    sendRaw(`${url}/register`, { method: 'POST', headers: { ...json, 'X-Forwarded-For': address }, body: '{}' });
  for (let i = 0; i < 60; i++) {
    assert.equal((await post(limited.url, `2001:db8:0:ff${i.toString(16).padStart(2, '0')}::1`)).status, 201);
    await post(unlimited.url, '198.51.100.1');
  }
  const over = await post(limited.url, '2001:db8:0:ffff::2');
  assert.equal(over.status, 429);
  assert.ok(Number(over.headers['retry-after']) > 800);
  assert.equal(JSON.parse(over.body).error, 'too_many_requests');
  assert.equal((await post(limited.url, '2001:db8:0:fe00::2')).status, 201);
  assert.equal((await post(limited.url, '198.51.100.1')).status, 201);
  assert.equal((await post(unlimited.url, '198.51.100.1')).status, 201);
});
