import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '../../src/hash.js';
import type { AuthorizationServer, FormFields } from '../../src/oauth/authorization-server.js';
import type { OAuthErrorCode } from '../../src/oauth/errors.js';
import type { ClientRecord } from '../../src/state/schema.js';
import { failsWith, getCode, peer, redirectUri, register, serverUnderTest, verifier } from './server-under-test.js';

function basic(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
}

/** Sends a request that fails on its token alone, once the client is authenticated. */
async function outcome(server: AuthorizationServer, form: FormFields, authorization?: string): Promise<string> {
  const request = { grant_type: 'refresh_token', refresh_token: 'unknown', ...form };
  try {
    await server.token(request, authorization, peer);
    return 'answered';
  } catch (error) {
    return (error as { code: OAuthErrorCode }).code;
  }
}
const passed = 'invalid_grant';

test('a secret is taken from the body or the header, form-encoded, and from one of them alone', async () => {
  const { server } = serverUnderTest();
  for (const method of ['client_secret_post', 'client_secret_basic']) {
    const client = await register(server, { token_endpoint_auth_method: method });
    const { client_id = '', client_secret = '' } = client;
    const check = async (expected: string, form: FormFields, authorization?: string) =>
      assert.equal(await outcome(server, form, authorization), expected, `${JSON.stringify(form)} ${authorization}`);
    await check(passed, { client_id, client_secret });
    await check(passed, {}, basic(client_id, client_secret));
    await check(passed, { client_id }, basic(client_id, client_secret));
    await check(
      passed,
      {},
      basic(
        client_id,
        client_secret.replace(/^./, (first) => `%${first.charCodeAt(0).toString(16)}`),
      ),
    );
    await check(passed, {}, basic(client_id, client_secret).replace('Basic', 'bAsIc '));
    await check('invalid_request', { client_id, client_secret }, basic(client_id, client_secret));
    await check('invalid_request', { client_id: 'other' }, basic(client_id, client_secret));
    await check('invalid_request', { client_id: [client_id, client_id], client_secret });
    await check('invalid_client', { client_id });
    await check('invalid_client', { client_id, client_secret: '' });
    await check('invalid_client', { client_id, client_secret: 'x' });
    await check('invalid_client', { client_id, client_secret: `${client_secret}x` });
    await check('invalid_client', { client_id, client_secret: client_secret.slice(1) });
    await check('invalid_client', {}, basic(client_id, 'x'));
    await check('invalid_client', {}, basic(client_id, ''));
    await check('invalid_client', {}, basic('', client_secret));
    await check('invalid_client', {}, 'Basic');
    await check('invalid_client', {}, 'Basic !!!');
    await check('invalid_client', {}, `Basic ${Buffer.from(client_id).toString('base64')}`);
    await check('invalid_client', {}, basic(client_id, '%zz'));
    await check('invalid_client', { client_secret });
    await check('invalid_client', {});
    await check('invalid_client', {}, 'Bearer x');
  }
});

test('a public client names itself, and has no secret to send', async () => {
  const { server } = serverUnderTest();
  const { client_id = '' } = await register(server);
  assert.equal(await outcome(server, { client_id }), passed);
  assert.equal(await outcome(server, { client_id, client_secret: '' }), passed);
  assert.equal(await outcome(server, {}, basic(client_id, '')), passed);
  assert.equal(await outcome(server, { client_id }, 'Bearer of-another-server'), passed);
  assert.equal(await outcome(server, { client_id, client_secret: 'x' }), 'invalid_client');
});

test('an unknown client is 401 invalid_client, and hears how to go on', async () => {
  const { server } = serverUnderTest();
  for (const clientId of ['unknown', '__proto__', 'x'.repeat(100_000), '\u0000']) {
    const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: clientId };
    await assert.rejects(server.token(form, undefined, peer), (error) => {
      assert.equal((error as { status: number }).status, 401);
      assert.match((error as Error).message, /remove the connector/);
      return failsWith('invalid_client')(error);
    });
  }
});

test('ids and secrets of an imported client may have any characters', async () => {
  const { server, store } = serverUnderTest();
  const clientId = 'id with:colon/ä+%';
  const secret = 'p:ä&=+% x';
  const client: ClientRecord = {
    client_id: clientId,
    client_id_issued_at: 1,
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret_hash: sha256Hex(secret),
  };
  await store.update((draft) => draft.clients.put(clientId, client));
  const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');
  assert.equal(await outcome(server, {}, basic(encode(clientId), encode(secret))), passed);
  const code = await getCode(server, clientId);
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri };
  const tokens = await server.token(form, basic(encode(clientId), encode(secret)), peer);
  assert.equal(server.authenticate(tokens.access_token)?.clientId, clientId);
});
