import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorizeAnswer, Peer } from '../../src/oauth/authorization-server.js';
import { revoke } from '../../src/state/rules/revoke.js';
import {
  ask,
  authorizationParameters,
  challenge,
  exchange,
  getCode,
  issuer,
  logIn,
  peer,
  pin,
  redirectUri,
  register,
  serverUnderTest,
  verifier,
} from './server-under-test.js';

async function authorize(
  server: Parameters<typeof register>[0],
  clientId: string,
  more: object = {},
): Promise<AuthorizeAnswer> {
  return server.authorize(authorizationParameters(clientId, more), peer);
}
function errorOf(answer: AuthorizeAnswer): string {
  if (answer.kind === 'refused') return answer.error;
  return answer.kind === 'redirect' ? (new URL(answer.location).searchParams.get('error') ?? '') : '';
}

const impossible: [string, object][] = [
  ['unsupported_response_type', { response_type: 'token' }],
  ['invalid_request', { response_type: '' }],
  ['invalid_request', { code_challenge: '' }],
  ['invalid_request', { code_challenge: 'x' }],
  ['invalid_request', { code_challenge: challenge.slice(1) }],
  ['invalid_request', { code_challenge: 'x'.repeat(129) }],
  ['invalid_request', { code_challenge: `${challenge.slice(1)}=` }],
  ['invalid_request', { code_challenge_method: 'plain' }],
  ['invalid_request', { code_challenge_method: '' }],
  ['invalid_request', { code_challenge: [challenge, challenge] }],
  ['invalid_request', { scope: ['vault:read', 'vault:write'] }],
  ['invalid_target', { resource: 'https://other.example/mcp' }],
  ['invalid_target', { resource: `${issuer}/mcp/x` }],
  ['invalid_target', { resource: `${issuer}/mcp#x` }],
  ['invalid_target', { resource: `${issuer}:8443/mcp` }],
  ['invalid_target', { resource: 'x' }],
  ['invalid_target', { resource: [`${issuer}/mcp`, 'https://other.example/mcp'] }],
];

test('an unknown client gets a page that says what to do, and no redirect', async () => {
  const { server } = serverUnderTest();
  for (const clientId of ['unknown', '__proto__', 'constructor']) {
    const answer = await authorize(server, clientId);
    assert.equal(answer.kind, 'refused');
    if (answer.kind !== 'refused') continue;
    assert.equal(answer.status, 400);
    assert.equal(answer.error, 'invalid_client');
    assert.match(answer.description, /remove the connector and add it again/);
    assert.equal(answer.link, undefined);
  }
  for (const clientId of [undefined, '', ['a', 'b']]) {
    assert.equal(errorOf(await authorize(server, '', { client_id: clientId })), 'invalid_request');
  }
});

test('an unregistered or repeated redirect URI gets a page without a link', async () => {
  const { server } = serverUnderTest();
  const { client_id: clientId = '' } = await register(server);
  for (const uri of [`${redirectUri}/x`, 'https://evil.example/', 'javascript:x', [redirectUri, redirectUri]]) {
    const answer = await authorize(server, clientId, { redirect_uri: uri });
    assert.equal(answer.kind === 'refused' && answer.link === undefined, true, String(uri));
  }
  assert.equal(
    (await authorize(server, clientId, { redirect_uri: undefined })).kind,
    'approval',
    'the only one it has',
  );
  const two = await register(server, { redirect_uris: [redirectUri, `${redirectUri}/2`] });
  assert.equal((await authorize(server, two['client_id'] ?? '', { redirect_uri: undefined })).kind, 'refused');
});

test('errors of a client that nobody approved are a page with a link; nobody is redirected to a stranger', async () => {
  const { server } = serverUnderTest();
  const { client_id: clientId = '' } = await register(server);
  for (const [error, more] of impossible) {
    const answer = await authorize(server, clientId, more);
    assert.equal(answer.kind, 'refused', JSON.stringify(more));
    if (answer.kind !== 'refused') continue;
    assert.equal(answer.error, error);
    const link = new URL(answer.link ?? '');
    assert.equal(link.searchParams.get('error'), error);
    assert.equal(link.searchParams.get('state'), 'st&te');
    assert.equal(link.searchParams.get('iss'), issuer);
  }
});

test('errors of a client with a live grant are redirected with state and iss, to where it was approved alone', async () => {
  const { server, store, clock } = serverUnderTest();
  const { clientId } = await logIn(server);
  const onLoopback = async (path: string) => {
    const uris = [`http://127.0.0.1${path}`, 'http://127.0.0.1/other', 'https://other.example/cb', 'obsidian://cb'];
    return (await register(server, { redirect_uris: uris }))['client_id'] ?? '';
  };
  const stranger = await onLoopback('/admin/delete?all=1');
  const asked = { redirect_uri: 'http://127.0.0.1:8080/admin/delete?all=1', code_challenge: '' };
  const answer = await authorize(server, stranger, asked);
  assert.equal(answer.kind, 'refused', 'nobody approved it: no request of its choice to a port of this machine');
  const loopback = await onLoopback('/cb');
  const approved = { redirect_uri: 'http://127.0.0.1:40000/cb' };
  await exchange(server, loopback, await getCode(server, loopback, approved), approved);
  for (const uri of ['http://127.0.0.1:40000/other', 'https://other.example/cb', 'obsidian://cb']) {
    const refused = await authorize(server, loopback, { redirect_uri: uri, code_challenge: '' });
    assert.equal(refused.kind, 'refused', uri);
    const shown = server.approval(await ask(server, loopback, { redirect_uri: uri }), peer);
    assert.equal(shown.kind === 'pending' && shown.lastApprovedAt, undefined, uri);
  }
  const again = server.approval(await ask(server, loopback, { redirect_uri: 'http://127.0.0.1:5/cb' }), peer);
  assert.equal(again.kind === 'pending' && again.lastApprovedAt, clock.now, 'whatever the port');
  for (const [id, uri] of [
    [clientId, redirectUri],
    [loopback, 'http://127.0.0.1:40001/cb'],
  ] as const) {
    for (const [error, more] of impossible) {
      const answer = await authorize(server, id, { redirect_uri: uri, ...more });
      assert.equal(answer.kind, 'redirect', JSON.stringify(more));
      if (answer.kind !== 'redirect') continue;
      const location = new URL(answer.location);
      assert.ok(answer.location.startsWith(`${uri}?`));
      assert.equal(location.searchParams.get('error'), error);
      assert.equal(location.searchParams.get('state'), 'st&te');
      assert.equal(location.searchParams.get('iss'), issuer);
      assert.match(location.searchParams.get('error_description') ?? '', /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    }
  }
  await store.update((draft) => revoke(draft, [{ kind: 'client', id: clientId, forget: false }], clock.now));
  assert.equal((await authorize(server, clientId, { code_challenge: '' })).kind, 'refused', 'its grant has ended');
});

test('this server is named by its /mcp or its root, with or without a trailing slash', async () => {
  const { server } = serverUnderTest();
  const { client_id: clientId = '' } = await register(server);
  for (const resource of [
    undefined,
    '',
    issuer,
    `${issuer}/`,
    `${issuer}/mcp`,
    `${issuer}/mcp/`,
    'https://VAULT.example.com:443/mcp',
    [`${issuer}/mcp`, issuer],
  ]) {
    assert.equal((await authorize(server, clientId, { resource })).kind, 'approval', String(resource));
  }
});

test('no scope means read and write; unknown ones are dropped', async () => {
  const { server } = serverUnderTest();
  const { client_id: clientId = '' } = await register(server);
  for (const [scope, expected] of [
    [undefined, ['vault:read', 'vault:write']],
    ['', ['vault:read', 'vault:write']],
    ['vault:write vault:read', ['vault:read', 'vault:write']],
    ['vault:read', ['vault:read']],
    ['vault:read openid profile', ['vault:read']],
    ['offline_access', ['vault:read', 'vault:write', 'offline_access']],
    ['vault:read offline_access', ['vault:read', 'offline_access']],
    ['admin', ['vault:read', 'vault:write']],
  ] as const) {
    const shown = server.approval(await ask(server, clientId, { scope }), peer);
    assert.deepEqual(shown.kind === 'pending' && shown.scopes, expected, scope);
  }
});

test('pending requests are bounded per address and in all, and end after ten minutes', async () => {
  const { server, clock } = serverUnderTest();
  const { client_id: clientId = '' } = await register(server);
  const from = async (address: string) => {
    const answer = await server.authorize(authorizationParameters(clientId), { ...peer, address });
    return answer.kind === 'approval' ? answer.requestId : '';
  };
  const mine = await from('198.51.100.9');
  const flood: string[] = [];
  for (let index = 0; index < 101; index += 1) flood.push(await from('2001:db8::1'));
  assert.equal(server.approval(flood[0] ?? '', peer).kind, 'gone');
  assert.equal(server.approval(flood[1] ?? '', peer).kind, 'pending');
  for (let index = 0; index < 1_000; index += 1) await from(`203.0.${index % 50}.1`);
  assert.equal(server.approval(mine, peer).kind, 'pending');
  clock.now += 600;
  assert.equal(server.approval(mine, peer).kind, 'gone');
});

test('a loopback name that was asked is the name in the answer, the resource and the error; a foreign one is not', async () => {
  const { server } = serverUnderTest({ issuer: 'http://127.0.0.1:8091' });
  const asked: Peer = { ...peer, issuer: 'http://localhost:8091' };
  const { client_id: clientId = '' } = await register(server);
  for (const resource of [
    'http://localhost:8091/mcp',
    'http://127.0.0.1:8091/mcp/',
    'http://[::1]:8091',
    'http://localhost:8091/',
  ]) {
    const answer = await server.authorize(authorizationParameters(clientId, { resource }), asked);
    assert.ok(answer.kind === 'approval', resource);
    const decided = await server.decide(answer.requestId, { action: 'approve', pin, readOnly: false }, asked);
    const location = new URL(decided.kind === 'redirect' ? decided.location : '');
    assert.equal(location.searchParams.get('iss'), 'http://localhost:8091');
    const code = location.searchParams.get('code') ?? '';
    const form = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier, resource };
    const tokens = await server.token(form, undefined, asked);
    assert.ok(server.authenticate(tokens.access_token));
  }
  for (const resource of [
    'http://localhost:8092/mcp',
    'http://localhost.evil.example:8091/mcp',
    'https://localhost:8091/mcp',
  ]) {
    const answer = await server.authorize(authorizationParameters(clientId, { resource }), asked);
    assert.equal(errorOf(answer), 'invalid_target', resource);
  }
  const forwarded: Peer = { ...peer, issuer: 'http://localhost:9000' };
  const port = await server.authorize(
    authorizationParameters(clientId, { resource: 'http://localhost:9000/mcp' }),
    forwarded,
  );
  assert.equal(port.kind, 'approval', 'a forwarded port is the one that was asked');
});
