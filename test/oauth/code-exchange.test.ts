import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFaultyStore } from './faulty-store.js';
import {
  exchange,
  failsWith,
  getCode,
  issuer,
  peer,
  redirectUri,
  refresh,
  register,
  serverUnderTest,
  verifier,
} from './server-under-test.js';

const minute = 60;
const otherVerifier = 'o'.repeat(43);

test('a code is bound to its client, redirect URI, verifier and resource, and a wrong request does not consume it', async () => {
  const { server, store } = serverUnderTest();
  const { client_id: clientId = '' } = await register(server);
  const { client_id: other = '' } = await register(server);
  const code = await getCode(server, clientId);
  const wrong = async (error: Parameters<typeof failsWith>[0], more: object, from = clientId) => {
    await assert.rejects(exchange(server, from, code, more), failsWith(error), JSON.stringify(more));
    assert.equal(store.view().grants.size, 0);
  };
  await wrong('invalid_grant', {}, other);
  await wrong('invalid_grant', { redirect_uri: `${redirectUri}/` });
  await wrong('invalid_grant', { code_verifier: otherVerifier });
  await wrong('invalid_request', { code_verifier: '' });
  await wrong('invalid_request', { code_verifier: verifier.slice(1) });
  await wrong('invalid_request', { code_verifier: 'x'.repeat(129) });
  await wrong('invalid_request', { code: '' });
  await wrong('invalid_request', { code: [code, code] });
  await wrong('invalid_grant', { code: `${code}0` });
  await wrong('invalid_target', { resource: 'https://other.example/mcp' });
  await wrong('unsupported_grant_type', { grant_type: 'client_credentials' });
  await wrong('invalid_request', { grant_type: undefined });
  const tokens = await exchange(server, clientId, code, { resource: `${issuer}/mcp/` });
  assert.ok(server.authenticate(tokens.access_token));
});

test('a client of OAuth 2.1 need not repeat its redirect URI', async () => {
  const { server } = serverUnderTest();
  const { client_id: clientId = '' } = await register(server);
  await exchange(server, clientId, await getCode(server, clientId), { redirect_uri: undefined });
});

test('a code expires after five minutes, and ends with the process', async () => {
  const underTest = serverUnderTest();
  const { client_id: clientId = '' } = await register(underTest.server);
  const late = await getCode(underTest.server, clientId);
  underTest.clock.now += 5 * minute;
  await assert.rejects(exchange(underTest.server, clientId, late), failsWith('invalid_grant'));
  const lost = await getCode(underTest.server, clientId);
  underTest.restart();
  await assert.rejects(exchange(underTest.server, clientId, lost), failsWith('invalid_grant'));
});

test('of several exchanges at once one wins, and the grant lives', async () => {
  const { server, store } = serverUnderTest();
  const { client_id: clientId = '' } = await register(server);
  const code = await getCode(server, clientId);
  const answers = await Promise.allSettled(Array.from({ length: 5 }, () => exchange(server, clientId, code)));
  const won = answers.filter((answer) => answer.status === 'fulfilled');
  assert.equal(won.length, 1);
  for (const answer of answers) if (answer.status === 'rejected') failsWith('invalid_grant')(answer.reason);
  assert.equal(store.view().grants.size, 1);
  assert.ok(server.authenticate(won[0]?.value.access_token ?? ''));
});

test('a code is consumed by the commit: a store that refuses leaves it usable', async () => {
  const clock = { now: 1_800_000_000 };
  const store = createFaultyStore(() => clock.now);
  const { server } = serverUnderTest({ store, now: () => clock.now });
  const { client_id: clientId = '' } = await register(server);
  const code = await getCode(server, clientId);
  const { update } = store;
  store.update = async () => Promise.reject(new Error('closed'));
  await assert.rejects(exchange(server, clientId, code), /closed/);
  store.update = update;
  await exchange(server, clientId, code);
});

test('a fully valid second use ends the grant after a minute, before that it is only refused; so too after a restart', async () => {
  for (const restarts of [false, true]) {
    const underTest = serverUnderTest();
    const { client_id: clientId = '' } = await register(underTest.server);
    const { client_id: other = '' } = await register(underTest.server);
    const code = await getCode(underTest.server, clientId);
    const tokens = await exchange(underTest.server, clientId, code);
    const replay = (more: object = {}, from = clientId) =>
      assert.rejects(exchange(underTest.server, from, code, more), failsWith('invalid_grant'));
    const lives = () => underTest.server.authenticate(tokens.access_token) !== undefined;
    await replay();
    underTest.clock.now += minute;
    if (restarts) underTest.restart();
    await replay();
    assert.equal(lives(), true, 'a retry within a minute');
    underTest.clock.now += 1;
    await replay({}, other);
    await replay({ code_verifier: otherVerifier });
    await replay({ redirect_uri: `${redirectUri}/` });
    assert.equal(lives(), true, 'whoever does not know all of it ends nothing');
    await replay();
    assert.equal(lives(), false);
    await assert.rejects(refresh(underTest.server, clientId, tokens.refresh_token), failsWith('invalid_grant'));
  }
});

test('ten minutes later the grant has forgotten its code', async () => {
  const { server, store, clock } = serverUnderTest();
  const { client_id: clientId = '' } = await register(server);
  const code = await getCode(server, clientId);
  const tokens = await exchange(server, clientId, code);
  clock.now += 10 * minute;
  await assert.rejects(exchange(server, clientId, code), failsWith('invalid_grant'));
  assert.ok(server.authenticate(tokens.access_token));
  await refresh(server, clientId, tokens.refresh_token);
  const [grant] = [...store.view().grants.entries()];
  assert.equal(grant?.[1].code_hash, undefined);
});

test('a code that the disk refuses still logs in, and is spent', async () => {
  const clock = { now: 1_800_000_000 };
  const store = createFaultyStore(() => clock.now);
  const { server } = serverUnderTest({ store, now: () => clock.now });
  const { client_id: clientId = '' } = await register(server);
  const code = await getCode(server, clientId);
  store.setFailing(true);
  const tokens = await exchange(server, clientId, code);
  assert.ok(server.authenticate(tokens.access_token));
  await assert.rejects(exchange(server, clientId, code), failsWith('invalid_grant'));
});

test('too many failures of a client from one address suspend it there with 503, and count no success', async () => {
  const { server, clock } = serverUnderTest();
  const { client_id: clientId = '' } = await register(server);
  const { client_id: other = '' } = await register(server);
  let tokens = await exchange(server, clientId, await getCode(server, clientId));
  for (let index = 0; index < 55; index += 1) tokens = await refresh(server, clientId, tokens.refresh_token);
  for (let index = 0; index < 50; index += 1) {
    await assert.rejects(refresh(server, clientId, 'x'), failsWith('invalid_grant'));
  }
  await assert.rejects(refresh(server, clientId, tokens.refresh_token), (error) => {
    assert.equal((error as { retryAfterSeconds?: number }).retryAfterSeconds, 300);
    assert.equal((error as { status?: number }).status, 503);
    return failsWith('temporarily_unavailable')(error);
  });
  await assert.rejects(refresh(server, other, 'x'), failsWith('invalid_grant'), 'another client');
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: tokens.refresh_token };
  const elsewhere = await server.token(form, undefined, { ...peer, address: '198.51.100.4' });
  clock.now += 300;
  await refresh(server, clientId, elsewhere.refresh_token);
  const unlimited = serverUnderTest({ rateLimit: false });
  for (let index = 0; index < 60; index += 1) {
    const form = { grant_type: 'refresh_token', client_id: 'x', refresh_token: 'x' };
    await assert.rejects(unlimited.server.token(form, undefined, peer), failsWith('invalid_client'));
  }
});
