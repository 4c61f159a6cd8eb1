import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { TokenAnswer } from '../../src/oauth/authorization-server.js';
import { jwtBearerAssertionType } from '../../src/oauth/clients/client-assertion.js';
import { createGuardedFetch, FetchError } from '../../src/oauth/clients/guarded-fetch.js';
import { revoke } from '../../src/state/rules/revoke.js';
import {
  approve,
  ask,
  exchange,
  failsWith,
  getCode,
  issuer,
  peer,
  redirectUri,
  refresh,
  serverUnderTest,
} from './server-under-test.js';
import { testCertificate, testKey } from './tls-fixture.js';

const clientId = 'https://app.example.org/oauth/client.json';
const jwksUri = 'https://app.example.org/jwks.json';
const publicDocument = {
  client_id: clientId,
  client_name: 'App',
  redirect_uris: [redirectUri, 'http://evil.example/'],
};
const { privateKey, publicKey } = await generateKeyPair('ES256');
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] };

/** The web, as far as the server can fetch it. */
function web(documents: Record<string, unknown>) {
  const state = { fetched: 0, down: false, documents };
  const fetchJson = async (url: URL) => {
    state.fetched += 1;
    const json = state.documents[url.href];
    if (state.down || json === undefined) throw new FetchError(`${url.host} cannot be reached`);
    return { json, maxAgeSeconds: 60 };
  };
  return { state, fetchJson };
}

test('a client that its document describes is stored by its first approval, not before', async () => {
  const { state, fetchJson } = web({ [clientId]: publicDocument });
  const underTest = serverUnderTest({ fetchJson });
  const { server, store, clock } = underTest;
  const requestId = await ask(server, clientId);
  assert.equal(store.view().clients.size, 0);
  const shown = server.approval(requestId, peer);
  assert.equal(shown.kind === 'pending' && shown.clientHost, 'app.example.org');
  const code = (await approve(server, requestId)).searchParams.get('code') ?? '';
  const stored = store.view().clients.get(clientId);
  assert.equal(stored?.approved_at, clock.now);
  assert.equal(stored?.fetched_at, clock.now);
  assert.deepEqual(stored?.redirect_uris, [redirectUri], 'the rules of registration hold');
  const tokens = await exchange(server, clientId, code);
  assert.equal(server.authenticate(tokens.access_token)?.clientId, clientId);
  assert.equal(state.fetched, 1);
  clock.now += 3_600;
  state.down = true;
  underTest.restart();
  assert.ok(
    await refresh(underTest.server, clientId, tokens.refresh_token),
    'its host is down: the stored document serves',
  );
  assert.ok(await getCode(underTest.server, clientId), 'nor does its person have to wait for it to log in anew');
});

test('the page says what is wrong with a document that was fetched, and whose fault that is', async () => {
  const { redirect_uris: _uris, ...withoutRedirects } = publicDocument;
  const large = new FetchError('app.example.org sent more than 5120 bytes', { status: 200 });
  const page = new FetchError('app.example.org sent no JSON', { status: 200 });
  for (const [fetched, expected] of [
    [{ ...publicDocument, client_id: `${clientId}\u202ex` }, /names another client_id, https:\S+client\.json x\./],
    [{ ...publicDocument, redirect_uris: ['javascript:x'] }, /no redirect URI that is https/],
    [{ ...publicDocument, redirect_uris: 'https://a.example/' }, /redirect_uris is wrong \(.*expected array/],
    [{ ...publicDocument, redirect_uris: [redirectUri, 7] }, /redirect_uris\.1 is wrong/],
    [withoutRedirects, /redirect_uris is wrong/],
    [{ ...publicDocument, client_name: 'x'.repeat(501) }, /client_name is wrong/],
    [{ ...publicDocument, token_endpoint_auth_method: 'client_secret_post' }, /neither none nor private_key_jwt/],
    [{ ...publicDocument, token_endpoint_auth_method: 'private_key_jwt' }, /no jwks and no jwks_uri/],
    ['x', /the whole of it is wrong/],
    [null, /the whole of it is wrong/],
    [[], /the whole of it is wrong/],
    [large, /app\.example\.org sent more than 5120 bytes/],
    [page, /app\.example\.org sent no JSON/],
  ] as const) {
    const fetchJson = async () => {
      if (fetched instanceof FetchError) throw fetched;
      return { json: fetched, maxAgeSeconds: 60 };
    };
    const answer = await serverUnderTest({ fetchJson }).server.authorize({ client_id: clientId }, peer);
    assert.ok(answer.kind === 'refused');
    assert.deepEqual([answer.error, answer.link], ['invalid_client', undefined]);
    assert.equal(answer.title, 'The description of this app is not valid');
    assert.match(answer.description, expected);
    assert.match(answer.description, /error of the app.*not of this server/);
  }
});

test('an approved client logs in while its host sends a page in place of its document', async () => {
  const { state, fetchJson } = web({ [clientId]: publicDocument });
  let failure: FetchError | undefined;
  const { server, clock } = serverUnderTest({
    fetchJson: async (url) => {
      if (failure !== undefined) throw failure;
      return fetchJson(url);
    },
  });
  await exchange(server, clientId, await getCode(server, clientId));
  clock.now += 3_600;
  failure = new FetchError('app.example.org sent no JSON', { status: 200 });
  assert.ok(await getCode(server, clientId));
  assert.equal(state.fetched, 1);
});

test('nobody makes the token endpoint fetch a document', async () => {
  const { state, fetchJson } = web({ [clientId]: publicDocument });
  const { server } = serverUnderTest({ fetchJson });
  await assert.rejects(refresh(server, clientId, 'x'), failsWith('invalid_client'));
  await assert.rejects(
    server.revoke({ client_id: clientId, token: 'x' }, undefined, peer),
    failsWith('invalid_client'),
  );
  assert.equal(state.fetched, 0);
});

test('a new document counts, and what was noted about the client stays', async () => {
  const { state, fetchJson } = web({ [clientId]: publicDocument });
  const { server, store, clock } = serverUnderTest({ fetchJson });
  await exchange(server, clientId, await getCode(server, clientId));
  const issuedAt = clock.now;
  clock.now += 3_600;
  await store.update((draft) => revoke(draft, [{ kind: 'client', id: clientId, forget: false }], clock.now));
  state.documents[clientId] = { ...publicDocument, client_name: 'New name' };
  const requestId = await ask(server, clientId);
  const shown = server.approval(requestId, peer);
  assert.equal(shown.kind === 'pending' && shown.lastApprovedAt, issuedAt);
  await approve(server, requestId);
  const stored = store.view().clients.get(clientId);
  assert.equal(stored?.client_name, 'New name');
  assert.equal(stored?.client_id_issued_at, issuedAt);
  assert.equal(stored?.revoked_before, clock.now);
});

test('a client with keys proves itself by private_key_jwt, at /token and /revoke', async () => {
  const { state, fetchJson } = web({
    [clientId]: { ...publicDocument, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: jwksUri },
    [jwksUri]: jwks,
  });
  const underTest = serverUnderTest({ fetchJson });
  const { server, clock } = underTest;
  let counter = 0;
  const assertion = async (audience = `${issuer}/token`) => {
    counter += 1;
    const claims = { iss: clientId, sub: clientId, aud: audience, exp: clock.now + 60, jti: `j${counter}` };
    const signed = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey);
    return { client_assertion_type: jwtBearerAssertionType, client_assertion: signed };
  };
  const code = await getCode(server, clientId);
  await assert.rejects(exchange(server, clientId, code), failsWith('invalid_client'));
  await assert.rejects(exchange(server, clientId, code, { client_secret: 'x' }), failsWith('invalid_client'));
  const bad = { client_assertion_type: jwtBearerAssertionType, client_assertion: 'x.y.z' };
  await assert.rejects(exchange(server, clientId, code, bad), failsWith('invalid_client'));
  await assert.rejects(exchange(server, clientId, code, { client_assertion: 'x' }), failsWith('invalid_client'));
  await assert.rejects(
    exchange(server, clientId, code, { ...(await assertion()), client_secret: 'x' }),
    failsWith('invalid_request'),
  );
  await assert.rejects(exchange(server, 'other', code, await assertion()), failsWith('invalid_request'));
  const tokens: TokenAnswer = await exchange(server, clientId, code, { ...(await assertion()), client_id: undefined });
  assert.equal(server.authenticate(tokens.access_token)?.clientId, clientId);
  const replayed = await assertion(issuer);
  const next = await refresh(server, clientId, tokens.refresh_token, replayed);
  await assert.rejects(refresh(server, clientId, next.refresh_token, replayed), failsWith('invalid_client'));
  clock.now += 3_600;
  state.down = true;
  assert.ok(await refresh(server, clientId, next.refresh_token, await assertion()), 'the keys it had serve');
  underTest.restart();
  for (let index = 0; index < 51; index += 1) {
    await assert.rejects(refresh(underTest.server, clientId, next.refresh_token, await assertion()), (error) => {
      assert.match((error as Error).message, /keys of the client cannot be fetched/, 'not counted as its failure');
      return failsWith('temporarily_unavailable')(error);
    });
  }
  state.down = false;
  const form = { token: next.refresh_token, ...(await assertion(`${issuer}/revoke`)) };
  await underTest.server.revoke(form, undefined, peer);
  assert.equal(underTest.server.authenticate(tokens.access_token), undefined);
});

test('slow hosts that strangers name at /authorize do not delay the refresh of an approved client', async (t) => {
  const documents: Record<string, unknown> = {};
  const host = createServer({ cert: testCertificate, key: testKey }, ({ url = '' }, response) => {
    if (url.startsWith('/hangs')) host.emit('hangs');
    else response.end(JSON.stringify(documents[url]));
  });
  host.listen(0, '127.0.0.1');
  await once(host, 'listening');
  const origin = `https://client.test:${(host.address() as AddressInfo).port}`;
  const approvedId = `${origin}/client`;
  documents['/client'] = {
    ...publicDocument,
    client_id: approvedId,
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: `${origin}/jwks`,
  };
  documents['/jwks'] = jwks;
  const fetchJson = createGuardedFetch({
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    isAllowed: () => true,
    isAllowedPort: () => true,
    ca: testCertificate,
  });
  const { server, clock } = serverUnderTest({ fetchJson });
  let counter = 0;
  const assertion = async () => {
    counter += 1;
    const claims = { iss: approvedId, sub: approvedId, aud: issuer, exp: clock.now + 60, jti: `j${counter}` };
    const signed = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey);
    return { client_assertion_type: jwtBearerAssertionType, client_assertion: signed };
  };
  const tokens = await exchange(server, approvedId, await getCode(server, approvedId), await assertion());
  clock.now += 3_600;

  let hanging = 0;
  const full = new Promise<void>((resolve) => {
    host.on('hangs', () => {
      hanging += 1;
      if (hanging === 4) resolve();
    });
  });
  const strangers = Array.from({ length: 8 }, (_, index) =>
    server.authorize({ client_id: `${origin}/hangs/${index}` }, peer),
  );
  t.after(async () => {
    host.close();
    host.closeAllConnections();
    await Promise.all(strangers);
  });
  await full;
  const startedMs = performance.now();
  assert.ok(await refresh(server, approvedId, tokens.refresh_token, await assertion()));
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs < 1_000, `the refresh took ${Math.round(tookMs)} ms`);
});

test('a public client with keys may prove itself all the same', async () => {
  const { fetchJson } = web({
    [clientId]: { ...publicDocument, token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'], jwks },
  });
  const { server, clock } = serverUnderTest({ fetchJson });
  const claims = { iss: clientId, sub: clientId, aud: issuer, exp: clock.now + 60, jti: 'j' };
  const signed = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey);
  const form = { client_assertion_type: jwtBearerAssertionType, client_assertion: signed };
  const tokens = await exchange(server, clientId, await getCode(server, clientId), form);
  assert.ok(await refresh(server, clientId, tokens.refresh_token));
});
