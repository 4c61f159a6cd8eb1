import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../src/log.js';
import type { AuthorizationServerOptions } from '../../src/oauth/core.js';
import { revoke } from '../../src/state/rules/revoke.js';
import { openCommandStore } from '../../src/state/store/open-command-store.js';
import { openStore, temporaryFolder } from '../state/state-fixture.js';
import {
  approve,
  ask,
  exchange,
  failsWith,
  getCode,
  logIn,
  peer,
  pin,
  redirectUri,
  refresh,
  register,
  serverUnderTest,
} from './server-under-test.js';

async function statePath(t: TestContext): Promise<string> {
  return join(await temporaryFolder(t), 'state.json');
}

/** A server that looks by itself never, unless told otherwise: what it sees, it saw because it was asked. */
async function start(t: TestContext, path: string, options: Partial<AuthorizationServerOptions> = {}) {
  const store = await openStore(t, path, silentLog, { pollMs: 3_600_000 });
  const now = () => Math.floor(Date.now() / 1_000);
  return serverUnderTest({ store, now, ...options });
}

test('logins, chains of rotated tokens and secrets survive a restart, and the file has none of them in plain', async (t) => {
  const path = await statePath(t);
  const first = await start(t, path);
  const client = await register(first.server, { token_endpoint_auth_method: 'client_secret_post' });
  const { client_id: clientId = '', client_secret = '' } = client;
  const code = await getCode(first.server, clientId);
  const tokens = await exchange(first.server, clientId, code, { client_secret });
  const second = await refresh(first.server, clientId, tokens.refresh_token, { client_secret });
  const third = await refresh(first.server, clientId, second.refresh_token, { client_secret });
  await first.store.close();
  const text = await readFile(path, 'utf8');
  for (const answer of [tokens, second, third]) {
    for (const secret of [answer.access_token, answer.refresh_token ?? '', code, client_secret]) {
      assert.equal(text.includes(secret), false);
    }
  }
  const restarted = await start(t, path);
  for (const answer of [tokens, second, third]) assert.ok(restarted.server.authenticate(answer.access_token));
  const found = await refresh(restarted.server, clientId, tokens.refresh_token, { client_secret });
  assert.equal(found.refresh_token, third.refresh_token);
});

test('what another process revoked is dead at the next refresh, approval and exchange, and stays dead', async (t) => {
  const path = await statePath(t);
  const { server, store } = await start(t, path);
  const { clientId, tokens } = await logIn(server);
  const requestId = await ask(server, clientId);
  const code = await getCode(server, clientId);
  const command = await openCommandStore(path);
  await command.update((draft, at) => revoke(draft, [{ kind: 'client', id: clientId, forget: false }], at.now));
  await command.close();
  await assert.rejects(refresh(server, clientId, tokens.refresh_token), failsWith('invalid_grant'));
  await assert.rejects(exchange(server, clientId, code), failsWith('invalid_grant'));
  const decided = await server.decide(
    requestId,
    { action: 'approve', pin: 'correct horse battery', readOnly: false },
    { requestId: 'r1', address: '203.0.113.7' },
  );
  assert.equal(decided.kind, 'gone');
  assert.equal(server.authenticate(tokens.access_token), undefined);
  await store.close();
  const restarted = await start(t, path);
  assert.equal(restarted.server.authenticate(tokens.access_token), undefined);
  assert.equal(restarted.store.view().grants.size, 0);
});

test('an access token that another process revoked is dead at the next request', async (t) => {
  const path = await statePath(t);
  const { server } = await start(t, path);
  const { clientId, tokens } = await logIn(server);
  const isAccepted = async () => (await server.authenticateAfresh(tokens.access_token)) !== undefined;
  for (let round = 0; round < 3; round += 1) assert.equal(await isAccepted(), true);
  const command = await openCommandStore(path);
  await command.update((draft, at) => revoke(draft, [{ kind: 'client', id: clientId, forget: false }], at.now));
  await command.close();
  await sleep(10);
  assert.deepEqual(await Promise.all([isAccepted(), isAccepted(), isAccepted()]), [false, false, false]);
});

test('a new app registers beside 5,000 imported clients of which nobody knows since when they are there', async (t) => {
  const path = await statePath(t);
  const plain = { redirect_uris: ['https://claude.ai/api/mcp/auth_callback'], client_secret: null };
  const ids = Array.from({ length: 5_000 }, (_, index) => `imported-${index}`);
  const clients = Object.fromEntries(ids.map((client_id) => [client_id, { ...plain, client_id }]));
  await writeFile(path, JSON.stringify({ version: 1, clients, access_tokens: {}, refresh_tokens: {} }), {
    mode: 0o600,
  });
  const { server, store } = await start(t, path);
  assert.equal(store.view().clients.size, 5_000);
  const usage = process.cpuUsage();
  for (const each of [0, 1, 2]) {
    const address = `203.0.113.${each}`;
    const metadata = { redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' };
    const { client_id: clientId } = await server.register(metadata, { requestId: 'r', address });
    assert.ok(store.view().clients.has(String(clientId)));
  }
  const { user } = process.cpuUsage(usage);
  assert.ok(user < 2_000_000, `4,001 of them go at once, and that took ${user / 1_000} ms`);
});

test('a client forgotten by another process stays revoked when it is approved anew: what began before is void', async (t) => {
  const path = await statePath(t);
  const clientId = 'https://app.example.org/client.json';
  const document = { client_id: clientId, redirect_uris: [redirectUri] };
  const { server } = await start(t, path, { fetchJson: async () => ({ json: document, maxAgeSeconds: 300 }) });
  const older = await getCode(server, clientId);
  const waiting = await ask(server, clientId);
  const command = await openCommandStore(path);
  await command.update((draft, at) => revoke(draft, [{ kind: 'client', id: clientId, forget: true }], at.now));
  await command.close();
  const newer = await getCode(server, clientId);
  await assert.rejects(exchange(server, clientId, older), failsWith('invalid_grant'));
  const decided = await server.decide(waiting, { action: 'approve', pin, readOnly: false }, peer);
  assert.equal(decided.kind, 'gone');
  assert.ok(await exchange(server, clientId, newer), 'what was approved since works');
});

test('two first logins of a client with a metadata document can both be approved', async (t) => {
  const clientId = 'https://app.example.org/client.json';
  const document = { client_id: clientId, redirect_uris: [redirectUri] };
  const { server } = await start(t, await statePath(t), {
    fetchJson: async () => ({ json: document, maxAgeSeconds: 300 }),
  });
  const requests = [await ask(server, clientId), await ask(server, clientId)];
  const codes: string[] = [];
  for (const id of requests) codes.push((await approve(server, id)).searchParams.get('code') ?? '');
  for (const code of codes) assert.ok(await exchange(server, clientId, code));
});

test('of 20 exchanges and 20 refreshes at once nothing forks on disk', async (t) => {
  const path = await statePath(t);
  const { server, store } = await start(t, path, { rateLimit: false });
  const { client_id: clientId = '' } = await register(server);
  const location = await approve(server, await ask(server, clientId));
  const code = location.searchParams.get('code') ?? '';
  const exchanged = await Promise.allSettled(Array.from({ length: 20 }, () => exchange(server, clientId, code)));
  const [won, ...others] = exchanged.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  assert.equal(others.length, 0);
  const refreshed = await Promise.all(Array.from({ length: 20 }, () => refresh(server, clientId, won?.refresh_token)));
  assert.equal(new Set(refreshed.map((answer) => answer.refresh_token)).size, 1);
  const live = [...store.view().refresh_tokens.entries()].filter(([, token]) => token.rotated_at === undefined);
  assert.equal(live.length, 1);
});
