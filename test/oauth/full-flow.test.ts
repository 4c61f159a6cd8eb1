import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  approve,
  ask,
  exchange,
  failsWith,
  issuer,
  peer,
  pin,
  redirectUri,
  refresh,
  register,
  serverUnderTest,
  verifier,
} from './server-under-test.js';

test('a client registers, is approved, gets tokens, refreshes and revokes', async () => {
  const underTest = serverUnderTest();
  const { server } = underTest;
  const client = await register(server);
  const clientId = client['client_id'] ?? '';
  const requestId = await ask(server, clientId);
  const shown = server.approval(requestId, peer);
  assert.equal(shown.kind, 'pending');
  if (shown.kind !== 'pending') return;
  assert.deepEqual(shown.scopes, ['vault:read', 'vault:write']);
  assert.equal(shown.redirectHost, 'app.example.org');
  assert.equal(shown.redirectsToLoopback, false);
  assert.equal(shown.clientName, 'App');
  assert.equal(shown.lastApprovedAt, undefined);

  const location = await approve(server, requestId);
  assert.equal(location.origin + location.pathname, redirectUri);
  assert.equal(location.searchParams.get('state'), 'st&te');
  assert.equal(location.searchParams.get('iss'), issuer);
  const code = location.searchParams.get('code') ?? '';
  const tokens = await exchange(server, clientId, code);
  assert.equal(tokens.token_type, 'Bearer');
  assert.equal(tokens.scope, 'vault:read vault:write');
  assert.equal(tokens.expires_in, 24 * 86_400, 'of the 30 days no client is told more than its timer holds');
  const caller = server.authenticate(tokens.access_token);
  assert.equal(caller?.clientId, clientId);
  assert.deepEqual(caller?.scopes, ['vault:read', 'vault:write']);
  assert.equal(caller?.canAskForMore, true);

  const refreshed = await refresh(server, clientId, tokens.refresh_token);
  assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
  assert.ok(server.authenticate(refreshed.access_token));
  assert.ok(server.authenticate(tokens.access_token), 'the older access token lives until it expires');

  await server.revoke({ client_id: clientId, token: refreshed.refresh_token }, undefined, peer);
  assert.equal(server.authenticate(refreshed.access_token), undefined);
  assert.equal(server.authenticate(tokens.access_token), undefined);
  await assert.rejects(refresh(server, clientId, refreshed.refresh_token), failsWith('invalid_grant'));
  assert.equal(underTest.store.view().clients.has(clientId), true, 'the registration stays');
});

test('everything is logged in one line, and no line has a secret', async () => {
  const underTest = serverUnderTest();
  const { server, lines } = underTest;
  const client = await register(server, { token_endpoint_auth_method: 'client_secret_post' });
  const clientId = client['client_id'] ?? '';
  const secret = client['client_secret'] ?? '';
  const withSecret = { client_secret: secret };
  const denied = await ask(server, clientId);
  await server.decide(denied, { action: 'deny', pin: '', readOnly: false }, peer);
  const requestId = await ask(server, clientId);
  await server.decide(requestId, { action: 'approve', pin: 'wrong-pin-typed', readOnly: false }, peer);
  const answer = await server.decide(requestId, { action: 'approve', pin, readOnly: false }, peer);
  assert.ok(answer.kind === 'redirect');
  const code = new URL(answer.location).searchParams.get('code') ?? '';
  const tokens = await exchange(server, clientId, code, withSecret);
  const second = await refresh(server, clientId, tokens.refresh_token, withSecret);
  const replayed = await refresh(server, clientId, tokens.refresh_token, withSecret);
  const third = await refresh(server, clientId, second.refresh_token, withSecret);
  underTest.clock.now += 2 * 86_400;
  await assert.rejects(refresh(server, clientId, tokens.refresh_token, withSecret), failsWith('invalid_grant'));
  const again = await exchange(
    server,
    clientId,
    (await approve(server, await ask(server, clientId))).searchParams.get('code') ?? '',
    withSecret,
  );
  await server.revoke({ client_id: clientId, token: again.access_token, ...withSecret }, undefined, peer);

  const expected = [
    'registered a client',
    'denied a client',
    'wrong PIN',
    'approved a client',
    'issued tokens',
    'refreshed',
    'refreshed by a rotated token',
    'refreshed',
    'a refresh token was used long after its successor',
    'approved a client',
    'issued tokens',
    'revoked a token',
  ];
  assert.equal(lines.length, expected.length, lines.join('\n'));
  for (const [index, line] of lines.entries()) {
    assert.ok(line.includes(expected[index] ?? '?'), line);
    assert.ok(line.includes(clientId) && line.includes(peer.address), line);
  }
  const secrets = [secret, code, verifier, pin, 'wrong-pin-typed', requestId, answer.browser ?? ''];
  for (const one of [tokens, second, replayed, third, again]) secrets.push(one.access_token, one.refresh_token ?? '');
  const state = JSON.stringify(
    (['clients', 'grants', 'access_tokens', 'refresh_tokens'] as const).map((name) => [
      ...underTest.store.view()[name].entries(),
    ]),
  );
  for (const one of secrets) {
    assert.ok(one.length > 8);
    assert.ok(!lines.join('\n').includes(one), 'a log line has a secret');
    assert.ok(!state.includes(one), 'the state has a secret in plain');
  }
});
