import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { revoke } from '../../src/state/rules/revoke.js';
import { createMemoryStore } from '../../src/state/store/memory-store.js';
import { createFaultyStore } from './faulty-store.js';
import { failsWith, logIn, peer, refresh, register, serverUnderTest } from './server-under-test.js';

test('a refresh token, rotated or not, ends its grant; an access token ends alone', async () => {
  const { server, store } = serverUnderTest();
  for (const which of ['live', 'rotated'] as const) {
    const { clientId, tokens } = await logIn(server);
    const next = await refresh(server, clientId, tokens.refresh_token);
    await server.revoke({ client_id: clientId, token: tokens.access_token }, undefined, peer);
    assert.equal(server.authenticate(tokens.access_token), undefined);
    assert.ok(server.authenticate(next.access_token));
    const token = which === 'live' ? next.refresh_token : tokens.refresh_token;
    await server.revoke({ client_id: clientId, token, token_type_hint: 'access_token' }, undefined, peer);
    assert.equal(server.authenticate(next.access_token), undefined);
    await assert.rejects(refresh(server, clientId, next.refresh_token), failsWith('invalid_grant'));
    await server.revoke({ client_id: clientId, token }, undefined, peer);
    assert.equal(store.view().grants.size, 0);
  }
});

test('an unknown token is revoked already; that of another client, and an unknown client, are refused', async () => {
  const { server } = serverUnderTest();
  const { clientId, tokens } = await logIn(server);
  const { client_id: other = '' } = await register(server);
  await server.revoke({ client_id: clientId, token: 'unknown', token_type_hint: 'saml' }, undefined, peer);
  const refused = (form: Record<string, string | undefined>) => server.revoke(form, undefined, peer);
  await assert.rejects(refused({ client_id: other, token: tokens.refresh_token }), failsWith('invalid_grant'));
  await assert.rejects(refused({ client_id: other, token: tokens.access_token }), failsWith('invalid_grant'));
  await assert.rejects(refused({ client_id: 'x', token: tokens.access_token }), failsWith('invalid_client'));
  await assert.rejects(refused({ token: tokens.access_token }), failsWith('invalid_client'));
  await assert.rejects(refused({ client_id: clientId }), failsWith('invalid_request'));
  assert.ok(server.authenticate(tokens.access_token));
});

test('while it cannot be saved, the token is dead at once, and the answer is 503 until it is saved', async () => {
  const clock = { now: 1_800_000_000 };
  const store = createFaultyStore(() => clock.now);
  const { server } = serverUnderTest({ store, now: () => clock.now });
  const { clientId, tokens } = await logIn(server);
  store.setFailing(true);
  const form = { client_id: clientId, token: tokens.refresh_token };
  for (let tries = 0; tries < 2; tries += 1) {
    await assert.rejects(server.revoke(form, undefined, peer), (error) => {
      assert.ok(((error as { retryAfterSeconds?: number }).retryAfterSeconds ?? 0) > 0);
      return failsWith('temporarily_unavailable')(error);
    });
    assert.equal(server.authenticate(tokens.access_token), undefined);
  }
  store.setFailing(false);
  await server.revoke(form, undefined, peer);
});

test('while the disk hangs the token is dead at once, although nothing is answered yet', async () => {
  const memory = createMemoryStore();
  let isHanging = false;
  const store: typeof memory = {
    ...memory,
    update: (transition) => (isHanging ? new Promise<never>(() => {}) : memory.update(transition)),
  };
  const { server } = serverUnderTest({ store, now: () => Math.floor(Date.now() / 1_000) });
  for (const which of ['access_token', 'refresh_token'] as const) {
    isHanging = false;
    const { clientId, tokens } = await logIn(server);
    isHanging = true;
    void server.revoke({ client_id: clientId, token: tokens[which] }, undefined, peer);
    await setImmediate();
    assert.equal(await server.authenticateAfresh(tokens.access_token), undefined, which);
  }
});

test("an operator's revocation ends tokens, and the client may be approved again without registering", async () => {
  const { server, store, clock } = serverUnderTest();
  const { clientId, tokens } = await logIn(server);
  await store.update((draft) => revoke(draft, [{ kind: 'client', id: clientId, forget: false }], clock.now));
  assert.equal(server.authenticate(tokens.access_token), undefined);
  await assert.rejects(refresh(server, clientId, tokens.refresh_token), failsWith('invalid_grant'));
  assert.ok(store.view().clients.has(clientId));
});
