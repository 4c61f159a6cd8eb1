import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '../../src/hash.js';
import type { TokenAnswer } from '../../src/oauth/authorization-server.js';
import type { OAuthError } from '../../src/oauth/errors.js';
import { openSuccessor, sealSuccessor } from '../../src/oauth/tokens/sealed-token.js';
import { createFaultyStore } from './faulty-store.js';
import {
  approve,
  ask,
  exchange,
  failsWith,
  issuer,
  logIn,
  refresh,
  register,
  serverUnderTest,
} from './server-under-test.js';

const day = 86_400;

test('a successor is sealed under its predecessor alone', () => {
  const [old, next] = ['a'.repeat(64), 'b'.repeat(64)];
  const sealed = sealSuccessor(next, old, new Uint8Array(12));
  assert.equal(openSuccessor(sealed, old), next);
  assert.equal(openSuccessor(sealed, next), undefined);
  assert.equal(openSuccessor(`${sealed.slice(0, 20)}A${sealed.slice(21)}`, old), undefined);
  for (const garbage of ['', 'x', sealed.slice(0, 30), 'ä'.repeat(100)])
    assert.equal(openSuccessor(garbage, old), undefined);
});

test('five programs that refresh the same token at once all get the same next one', async () => {
  const { server, store } = serverUnderTest();
  const { clientId, tokens } = await logIn(server);
  const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(server, clientId, tokens.refresh_token)));
  assert.equal(new Set(answers.map((answer) => answer.refresh_token)).size, 1);
  assert.equal(new Set(answers.map((answer) => answer.access_token)).size, 5);
  for (const answer of answers) assert.ok(server.authenticate(answer.access_token));
  assert.equal(store.view().refresh_tokens.size, 2);
});

test('an old token leads to the live end after ten rotations and a restart, within the grace; after it the grant ends', async () => {
  const underTest = serverUnderTest();
  const { clientId, tokens } = await logIn(underTest.server);
  let latest: TokenAnswer = tokens;
  for (let index = 0; index < 10; index += 1) {
    latest = await refresh(underTest.server, clientId, latest.refresh_token);
    underTest.clock.now += 60;
  }
  underTest.restart();
  const found = await refresh(underTest.server, clientId, tokens.refresh_token);
  assert.equal(found.refresh_token, latest.refresh_token);
  underTest.clock.now += day;
  assert.ok(await refresh(underTest.server, clientId, tokens.refresh_token), 'counted from the start of the server');
  underTest.clock.now += 1;
  await assert.rejects(refresh(underTest.server, clientId, tokens.refresh_token), failsWith('invalid_grant'));
  assert.equal(underTest.server.authenticate(latest.access_token), undefined);
  underTest.restart();
  await assert.rejects(refresh(underTest.server, clientId, latest.refresh_token), failsWith('invalid_grant'));
});

test('the grace runs from the use of the successor, not from its making', async () => {
  const { server, clock } = serverUnderTest({ refreshGraceSeconds: 3_600 });
  const { clientId, tokens } = await logIn(server);
  const second = await refresh(server, clientId, tokens.refresh_token);
  clock.now += 30 * day;
  const third = await refresh(server, clientId, second.refresh_token);
  clock.now += 3_600;
  const found = await refresh(server, clientId, tokens.refresh_token);
  assert.equal(found.refresh_token, third.refresh_token);
});

test('scopes narrow for one access token and come back with the next; what was not granted is left out, and no error', async () => {
  const { server } = serverUnderTest();
  const { clientId, tokens } = await logIn(server);
  const narrow = await refresh(server, clientId, tokens.refresh_token, { scope: 'vault:read unknown' });
  assert.equal(narrow.scope, 'vault:read');
  assert.deepEqual(server.authenticate(narrow.access_token)?.scopes, ['vault:read']);
  assert.equal((await refresh(server, clientId, narrow.refresh_token)).scope, 'vault:read vault:write');

  const readOnly = await register(server);
  const id = readOnly['client_id'] ?? '';
  const location = await approve(server, await ask(server, id), true);
  const given = await exchange(server, id, location.searchParams.get('code') ?? '');
  let token = given.refresh_token;
  // Clients repeat the scopes of their registration, or of the first request, whatever was granted.
  for (const scope of ['vault:write', 'vault:read vault:write', 'vault:read offline_access', 'admin', 'vault:read']) {
    const next = await refresh(server, id, token, { scope });
    assert.equal(next.scope, 'vault:read', scope);
    assert.deepEqual(server.authenticate(next.access_token)?.scopes, ['vault:read'], scope);
    token = next.refresh_token;
  }
});

test("another client's token is refused and unharmed, live or rotated, and no theft", async () => {
  const { server, clock } = serverUnderTest();
  const { clientId, tokens } = await logIn(server);
  const { client_id: other = '' } = await register(server);
  await assert.rejects(refresh(server, other, tokens.refresh_token), failsWith('invalid_grant'));
  const second = await refresh(server, clientId, tokens.refresh_token);
  const third = await refresh(server, clientId, second.refresh_token);
  clock.now += 2 * day;
  await assert.rejects(refresh(server, other, tokens.refresh_token), failsWith('invalid_grant'));
  await assert.rejects(
    refresh(server, clientId, tokens.refresh_token, { resource: 'https://other.example/mcp' }),
    failsWith('invalid_target'),
  );
  assert.ok(await refresh(server, clientId, third.refresh_token, { resource: issuer }));
});

test('access tokens and unknown tokens refresh nothing', async () => {
  const { server } = serverUnderTest();
  const { clientId, tokens } = await logIn(server);
  for (const token of [tokens.access_token, 'x', '\u0000', sha256Hex(tokens.refresh_token ?? '')]) {
    await assert.rejects(refresh(server, clientId, token), failsWith('invalid_grant'));
  }
  await assert.rejects(refresh(server, clientId, undefined), failsWith('invalid_request'));
  await assert.rejects(refresh(server, clientId, ''), failsWith('invalid_request'));
});

test('refresh tokens slide; one that is not used for its lifetime is dead', async () => {
  const { server, clock } = serverUnderTest();
  const { clientId, tokens } = await logIn(server);
  clock.now += 90 * day - 1;
  const second = await refresh(server, clientId, tokens.refresh_token);
  assert.equal(server.authenticate(tokens.access_token), undefined);
  clock.now += 90 * day - 1;
  const third = await refresh(server, clientId, second.refresh_token);
  clock.now += 90 * day + 1;
  await assert.rejects(refresh(server, clientId, third.refresh_token), failsWith('invalid_grant'));
});

test('while the state cannot be saved nothing rotates, and the client keeps the token that is on disk', async () => {
  const clock = { now: 1_800_000_000 };
  const store = createFaultyStore(() => clock.now);
  const underTest = serverUnderTest({ store, now: () => clock.now });
  const { clientId, tokens } = await logIn(underTest.server);
  store.setFailing(true);
  await register(underTest.server);
  for (let index = 0; index < 3; index += 1) {
    const answer = await refresh(underTest.server, clientId, tokens.refresh_token);
    assert.equal(answer.refresh_token, tokens.refresh_token);
    assert.ok(underTest.server.authenticate(answer.access_token));
  }
  assert.equal(store.view().refresh_tokens.size, 1);
  store.crash();
  underTest.restart();
  store.setFailing(false);
  const after = await refresh(underTest.server, clientId, tokens.refresh_token);
  assert.notEqual(after.refresh_token, tokens.refresh_token);
});

test('a grant keeps 50 spent refresh tokens and 20 access tokens', async () => {
  const { server, store } = serverUnderTest({ rateLimit: false });
  const { clientId, tokens } = await logIn(server);
  const chain: TokenAnswer[] = [tokens];
  for (let index = 0; index < 60; index += 1) {
    chain.push(await refresh(server, clientId, chain.at(-1)?.refresh_token));
  }
  assert.equal(store.view().refresh_tokens.size, 51);
  assert.equal(store.view().access_tokens.size, 20);
  assert.ok(server.authenticate(chain.at(-20)?.access_token ?? ''));
  assert.equal(server.authenticate(chain.at(-21)?.access_token ?? ''), undefined);
  const found = await refresh(server, clientId, chain.at(-51)?.refresh_token);
  assert.equal(found.refresh_token, chain.at(-1)?.refresh_token);
  await assert.rejects(refresh(server, clientId, chain.at(-52)?.refresh_token), failsWith('invalid_grant'));
});

test('a grant of another resource, or whose client is gone, is dead', async () => {
  const { server, store } = serverUnderTest();
  const { clientId, tokens } = await logIn(server);
  const moved = serverUnderTest({ store, issuer: 'https://elsewhere.example' });
  assert.equal(moved.server.authenticate(tokens.access_token), undefined);
  await assert.rejects(refresh(moved.server, clientId, tokens.refresh_token), failsWith('invalid_grant'));
  assert.ok(server.authenticate(tokens.access_token));
  const [[grantId, grant] = []] = [...store.view().grants.entries()];
  assert.ok(grantId !== undefined && grant !== undefined);
  await store.update((draft) => draft.grants.put(grantId, { ...grant, origin: 'import' }));
  assert.ok(moved.server.authenticate(tokens.access_token), 'an imported login lives whatever resource it named');
  await store.update((draft) => draft.clients.delete(clientId));
  assert.equal(server.authenticate(tokens.access_token), undefined);
  await assert.rejects(refresh(server, clientId, tokens.refresh_token), failsWith('invalid_client'));
});

test('expires_in stays below what a timer of 32 bits holds, however long the token lives; it is good to its last second', async () => {
  const longest = Math.floor((2 ** 31 - 1) / 1_000);
  for (const accessTokenTtlSeconds of [60, 14 * day, 24 * day, 25 * day, 90 * day]) {
    const { server, clock } = serverUnderTest({ accessTokenTtlSeconds });
    const { clientId, tokens } = await logIn(server);
    const next = await refresh(server, clientId, tokens.refresh_token);
    for (const { expires_in } of [tokens, next]) {
      assert.ok(expires_in <= longest && expires_in <= accessTokenTtlSeconds, `${expires_in}`);
      assert.ok(expires_in === accessTokenTtlSeconds || expires_in >= 24 * day, `${expires_in}`);
    }
    // It was issued late within its second: for all of the last one it has not lived its time yet.
    clock.now += accessTokenTtlSeconds;
    assert.ok(server.authenticate(next.access_token));
    clock.now += 1;
    assert.equal(server.authenticate(next.access_token), undefined);
  }
});

test('a client that refreshes more than 60 times a minute is told to wait, and keeps its tokens', async () => {
  const { server, clock } = serverUnderTest();
  const { clientId, tokens } = await logIn(server);
  const other = await logIn(server);
  let token = tokens.refresh_token;
  for (let index = 0; index < 60; index += 1) token = (await refresh(server, clientId, token)).refresh_token;
  await assert.rejects(refresh(server, clientId, token), (error) => {
    assert.equal((error as OAuthError).status, 503);
    assert.equal((error as OAuthError).retryAfterSeconds, 60);
    return failsWith('temporarily_unavailable')(error);
  });
  assert.ok(await refresh(server, other.clientId, other.tokens.refresh_token), 'each client has its own count');
  clock.now += 60;
  token = (await refresh(server, clientId, token)).refresh_token;
  const unlimited = serverUnderTest({ rateLimit: false });
  const free = await logIn(unlimited.server);
  token = free.tokens.refresh_token;
  for (let index = 0; index < 70; index += 1) {
    token = (await refresh(unlimited.server, free.clientId, token)).refresh_token;
  }
});

test('under a new URL grants are counted and named at the start; --also-issuer keeps them', async () => {
  const underTest = serverUnderTest({ issuer: 'http://127.0.0.1:8091' });
  const logins = [await logIn(underTest.server), await logIn(underTest.server), await logIn(underTest.server)];
  const [first] = logins;
  const renamed = 'https://new.example';
  underTest.restart({ issuer: renamed });
  const warning = underTest.lines.find((line) => line.startsWith('warn: 3 grants are for'));
  assert.match(warning ?? '', /for http:\/\/127\.0\.0\.1:8091\/mcp, not for https:\/\/new\.example\/mcp/);
  assert.match(warning ?? '', /--also-issuer http:\/\/127\.0\.0\.1:8091 /);
  assert.equal(underTest.server.authenticate(first?.tokens.access_token ?? ''), undefined);
  await assert.rejects(
    refresh(underTest.server, first?.clientId ?? '', first?.tokens.refresh_token),
    failsWith('invalid_grant'),
  );
  underTest.lines.length = 0;
  underTest.restart({ issuer: renamed, formerIssuers: ['http://localhost:8091'] });
  assert.ok(
    underTest.lines.every((line) => !line.startsWith('warn')),
    'any loopback name is the same machine',
  );
  for (const { clientId, tokens } of logins) {
    assert.ok(underTest.server.authenticate(tokens.access_token));
    const resource = 'http://127.0.0.1:8091/mcp';
    assert.ok(await refresh(underTest.server, clientId, tokens.refresh_token, { resource }));
  }
  const { clientId } = await logIn(underTest.server);
  const newest = [...underTest.store.view().grants.entries()].map(([, grant]) => grant);
  assert.equal(newest.find((grant) => grant.client_id === clientId)?.resource, `${renamed}/mcp`);
});
