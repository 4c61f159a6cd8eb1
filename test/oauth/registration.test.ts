import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OAuthClientInformationFullSchema } from '@modelcontextprotocol/sdk/shared/auth.js';
import { sha256Hex } from '../../src/hash.js';
import type { AuthorizationServer } from '../../src/oauth/authorization-server.js';
import {
  approve,
  ask,
  authorizationParameters,
  failsWith,
  peer,
  redirectUri,
  register,
  serverUnderTest,
} from './server-under-test.js';

test('a client with a secret gets it once, without expiry, and the state has its hash alone', async () => {
  const { server, store, clock } = serverUnderTest();
  for (const method of ['client_secret_post', 'client_secret_basic', undefined]) {
    const client = await server.register(
      { redirect_uris: [redirectUri], token_endpoint_auth_method: method, client_secret: 'mine', unknown: 1 },
      peer,
    );
    assert.deepEqual(client, {
      client_id: client['client_id'],
      client_id_issued_at: clock.now,
      client_secret: client['client_secret'],
      client_secret_expires_at: 0,
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: method ?? 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    });
    OAuthClientInformationFullSchema.parse(client);
    const secret = String(client['client_secret']);
    assert.match(secret, /^[0-9a-f]{64}$/);
    const stored = store.view().clients.get(String(client['client_id']));
    assert.equal(stored?.client_secret_hash, sha256Hex(secret));
    assert.equal(JSON.stringify(stored).includes(secret), false);
  }
});

test('a public client gets no secret', async () => {
  const { server, store } = serverUnderTest();
  const client = await register(server);
  assert.equal('client_secret' in client || 'client_secret_expires_at' in client, false);
  assert.equal(store.view().clients.get(client['client_id'] ?? '')?.client_secret_hash, undefined);
});

test('the registrations of Cursor and VS Code pass, null members and all', async () => {
  const { server } = serverUnderTest();
  const cursor = await register(server, {
    client_name: 'Cursor',
    redirect_uris: [
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
    ],
    logo_uri: null,
    scope: null,
    contacts: null,
  });
  assert.equal(cursor['redirect_uris']?.length, 3);
  const vscode = await register(server, {
    client_name: 'Visual Studio Code',
    client_uri: 'https://code.visualstudio.com',
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    response_types: ['code'],
    redirect_uris: [
      'https://insiders.vscode.dev/redirect',
      'https://vscode.dev/redirect',
      'http://127.0.0.1/',
      'http://127.0.0.1:33418/',
      'http://localhost/',
      'http://localhost:33418/',
    ],
    application_type: 'native',
  });
  assert.equal(vscode['redirect_uris']?.length, 6);
  assert.equal(vscode['client_uri'], 'https://code.visualstudio.com');
  assert.equal('application_type' in vscode, false);
});

test('bad redirect URIs are dropped when a good one is left, else the answer names the field', async () => {
  const { server, store } = serverUnderTest();
  const client = await register(server, {
    redirect_uris: ['javascript:alert(1)', redirectUri, 7, 'http://evil.example/', redirectUri],
  });
  assert.deepEqual(client['redirect_uris'], [redirectUri]);
  for (const redirectUris of [undefined, null, [], 'x', {}, ['javascript:x'], [7], Array(11).fill(redirectUri)]) {
    const size = store.view().clients.size;
    await assert.rejects(register(server, { redirect_uris: redirectUris }), (error) => {
      assert.match((error as Error).message, /redirect_uris/);
      return failsWith('invalid_redirect_uri')(error);
    });
    assert.equal(store.view().clients.size, size);
  }
});

test('metadata that this server cannot serve is refused by its name', async () => {
  const { server } = serverUnderTest();
  for (const members of [
    { token_endpoint_auth_method: 'private_key_jwt' },
    { token_endpoint_auth_method: 7 },
    { grant_types: ['client_credentials'] },
    { grant_types: 'authorization_code' },
    { response_types: ['token'] },
  ]) {
    const [name = ''] = Object.keys(members);
    await assert.rejects(register(server, members), (error) => {
      assert.ok((error as Error).message.includes(name));
      return failsWith('invalid_client_metadata')(error);
    });
  }
  for (const body of [undefined, null, 'x', 7, [], [{}]]) {
    await assert.rejects(server.register(body, peer), failsWith('invalid_client_metadata'));
  }
});

test('what only informs is capped, or dropped when it is of no use', async () => {
  const { server } = serverUnderTest();
  const client = await register(server, { client_name: 'n'.repeat(9_000), client_uri: 'javascript:x', logo_uri: 7 });
  assert.equal(client['client_name']?.length, 500);
  assert.equal('client_uri' in client || 'logo_uri' in client, false);
  assert.equal('client_name' in (await register(server, { client_name: { a: 1 } })), false);
});

test('at most 1,000 registrations wait for an approval: the oldest of the fullest prefix goes, whatever its age', async () => {
  const { server, store, clock } = serverUnderTest();
  const has = (id: string) => store.view().clients.has(id);
  const approved = await registerFrom(server, '198.51.100.1');
  await approve(server, await ask(server, approved));
  const lonely = await registerFrom(server, '198.51.100.2');
  const flood: string[] = [];
  for (let index = 0; index < 999; index += 1) {
    flood.push(await registerFrom(server, `2001:db8:1:2${(index % 256).toString(16).padStart(2, '0')}::${index}`));
    clock.now += 1;
  }
  const pending = flood[0] ?? '';
  await ask(server, pending);
  const late = await registerFrom(server, '198.51.100.3');
  assert.equal(store.view().clients.size, 1_001);
  assert.equal(has(flood[1] ?? ''), false, 'the oldest of the flood that waits for nobody');
  for (const id of [pending, approved, lonely, late, flood[2] ?? '']) assert.equal(has(id), true);
});

test('nobody shuts new apps out: not from many addresses, nor with made-up ones, nor with requests that wait', async () => {
  for (const addressOf of [
    (index: number) => `203.0.113.${index % 17}`,
    (index: number) => `10.${index >> 8}.${index & 255}.1`,
  ]) {
    const { server, store } = serverUnderTest();
    const flood: string[] = [];
    for (let index = 0; index < 1_000; index += 1) flood.push(await registerFrom(server, addressOf(index)));
    for (const [index, id] of flood.entries()) {
      await server.authorize(authorizationParameters(id), { ...peer, address: addressOf(index) });
    }
    const honest = await registerFrom(server, '198.51.100.3');
    const requestId = await ask(server, honest);
    for (let index = 0; index < 20; index += 1) await registerFrom(server, addressOf(index + 500));
    assert.ok((await approve(server, requestId)).searchParams.get('code'), 'it is still there to be approved');
    assert.ok(store.view().clients.size <= 1_001);
  }
});

async function registerFrom(server: AuthorizationServer, address: string): Promise<string> {
  const metadata = { redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' };
  return String((await server.register(metadata, { ...peer, address }))['client_id']);
}
