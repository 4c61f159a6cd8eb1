import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '../../src/hash.js';
import { createMemoryStore } from '../../src/state/store/memory-store.js';
import { logIn, serverUnderTest } from './server-under-test.js';

test('only an access token that lives authenticates', async () => {
  const { server, clock } = serverUnderTest();
  const { clientId, tokens } = await logIn(server);
  assert.equal(server.authenticate(tokens.access_token)?.clientId, clientId);
  const { access_token: token, refresh_token: refreshToken = '' } = tokens;
  for (const wrong of ['', 'x', refreshToken, sha256Hex(token), `${token}0`, token.slice(1), token.toUpperCase()]) {
    assert.equal(server.authenticate(wrong), undefined);
  }
  clock.now += 30 * 86_400;
  assert.ok(server.authenticate(token));
  clock.now += 1;
  assert.equal(server.authenticate(token), undefined);
});

test('the last use is noted at most once an hour, and without waiting', async () => {
  let deferred = 0;
  const clock = { now: 1_800_000_000 };
  const memory = createMemoryStore({ now: () => clock.now });
  const store = {
    ...memory,
    defer: (transition: Parameters<typeof memory.defer>[0]) => {
      deferred += 1;
      if (deferred > 1) memory.defer(transition);
    },
  };
  const { server } = serverUnderTest({ store, now: () => clock.now });
  const { clientId, tokens } = await logIn(server);
  const use = () => server.authenticate(tokens.access_token);
  for (let index = 0; index < 100; index += 1) use();
  assert.equal(deferred, 0, 'the login was a use');
  clock.now += 3_600;
  for (let index = 0; index < 100; index += 1) use();
  assert.equal(deferred, 1, 'although the view does not show it yet');
  clock.now += 3_600;
  for (let index = 0; index < 100; index += 1) use();
  assert.equal(deferred, 2);
  const [grant] = [...store.view().grants.entries()];
  assert.equal(grant?.[1].last_used_at, clock.now);
  assert.equal(store.view().clients.get(clientId)?.last_used_at, clock.now);
});
