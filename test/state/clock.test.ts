import assert from 'node:assert/strict';
import { copyFile, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256Hex } from '../../src/hash.js';
import { silentLog } from '../../src/log.js';
import { AttemptWindow } from '../../src/oauth/memory/attempt-window.js';
import { revoke } from '../../src/state/rules/revoke.js';
import { ClockWatch } from '../../src/state/store/clock-watch.js';
import { openCommandStore } from '../../src/state/store/open-command-store.js';
import { openServerStore } from '../../src/state/store/open-server-store.js';
import { refresh, serverUnderTest } from '../oauth/server-under-test.js';
import {
  cleanUp,
  client,
  grant,
  openStore,
  putAll,
  recordingLog,
  resource,
  temporaryFolder,
  token,
  until,
} from './state-fixture.js';

const day = 86_400;
const right = 1_800_000_000;

test('a server that starts in 1970 rotates nothing, and what it issues lives when the clock is right', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  let now = right;
  const log = recordingLog();
  const open = async () => {
    const options = {
      path,
      resource,
      refreshTokenTtlSeconds: 90 * day,
      log,
      now: () => now,
      monotonicMs: () => now * 1_000,
    };
    const store = await openServerStore(options);
    cleanUp(t, () => store.close());
    return store;
  };
  const plain = 'a refresh token';
  const first = await open();
  await first.update(
    putAll({
      clients: new Map([['c', client('c', { last_used_at: right })]]),
      grants: new Map([['g', grant('c', { created_at: right, last_used_at: right, origin: 'import' })]]),
      refresh_tokens: new Map([[sha256Hex(plain), token('g', { created_at: right, expires_at: right + 90 * day })]]),
    }),
  );
  await first.close();

  now = 100;
  const store = await open();
  assert.ok(store.isClockSuspect());
  assert.match(log.lines.join('\n'), /error the clock is behind/);
  const { server } = serverUnderTest({ store, now: () => now });
  const answer = await refresh(server, 'c', plain);
  assert.equal(answer.refresh_token, plain);
  const [, issued] = [...store.view().access_tokens.entries()][0] ?? [];
  assert.equal(issued?.expires_at, right + 30 * day, 'the newest moment of the file is the time');
  now = right + 60;
  assert.ok(!store.isClockSuspect());
});

test('records of a clock that was a year ahead make nobody expired and no replay a theft once it is right', async (t) => {
  let now = right;
  const options = { resource, refreshTokenTtlSeconds: 90 * day, log: recordingLog() };
  const path = join(await temporaryFolder(t), 'state.json');
  const store = await openServerStore({ ...options, path, now: () => now, monotonicMs: () => now * 1_000 });
  cleanUp(t, () => store.close());
  const { server } = serverUnderTest({ store, now: () => now });
  const expires_at = right + 90 * day;
  await store.update(
    putAll({
      clients: new Map([
        ['c', client('c', { last_used_at: right })],
        ['ahead', client('ahead', { client_id_issued_at: right + 400 * day })],
      ]),
      grants: new Map([['g', grant('c', { created_at: right, last_used_at: right, origin: 'import' })]]),
      refresh_tokens: new Map([[sha256Hex('first'), token('g', { created_at: right, expires_at })]]),
    }),
  );
  now += day;
  assert.ok(store.isClockSuspect());
  assert.equal((await refresh(server, 'c', 'first')).refresh_token, 'first');
});

test('a start in 1970 gives the replay of an old token its grace', async (t) => {
  let now = right;
  const path = join(await temporaryFolder(t), 'state.json');
  const open = async () => {
    const options = { path, resource, refreshTokenTtlSeconds: 90 * day, log: recordingLog(), now: () => now };
    const store = await openServerStore({ ...options, monotonicMs: () => now * 1_000 });
    cleanUp(t, () => store.close());
    return { store, server: serverUnderTest({ store, now: () => now, uptime: () => 0 }).server };
  };
  const first = await open();
  await first.store.update(
    putAll({
      clients: new Map([['c', client('c', { last_used_at: right })]]),
      grants: new Map([['g', grant('c', { created_at: right, last_used_at: right, origin: 'import' })]]),
      refresh_tokens: new Map([[sha256Hex('first'), token('g', { created_at: right, expires_at: right + 90 * day })]]),
    }),
  );
  const second = (await refresh(first.server, 'c', 'first')).refresh_token ?? '';
  await refresh(first.server, 'c', second);
  now += 3 * day;
  await first.store.update(putAll({ clients: new Map([['new', client('new', { client_id_issued_at: now })]]) }));
  await first.store.close();
  now = 100;
  const { store, server } = await open();
  assert.equal((await refresh(server, 'c', 'first')).refresh_token, 'first');
  now = right + 4 * day;
  await refresh(server, 'c', 'first');
  assert.ok(store.view().grants.has('g'), 'no theft, once the clock is right, too');
});

test('a clock that jumps is told, and for a day nothing expires by it; one that is set right is trusted', () => {
  const log = recordingLog();
  let now = right;
  let passed = 0;
  const watch = new ClockWatch({ now: () => now + passed, monotonicMs: () => passed * 1_000 }, log);
  watch.see(right);
  assert.ok(!watch.isSuspect());
  passed += 30 * day;
  assert.ok(!watch.isSuspect(), 'time that passes is no jump');
  now += 400 * day;
  assert.ok(watch.isSuspect());
  assert.match(log.lines.join('\n'), /warn the clock jumped/);
  passed += day + 1;
  assert.ok(!watch.isSuspect());
  now -= 800 * day;
  assert.ok(watch.isSuspect());
  now += 800 * day;
  assert.ok(!new ClockWatch({ now: () => now, monotonicMs: () => 0 }, log).isSuspect());
});

test('a lock-out is as long as it was when the clock is set back', () => {
  // What counts is the time that the process lives through: `uptime`, which no clock can change.
  const attempts = new AttemptWindow(2, 900);
  attempts.count('address', 100);
  attempts.count('address', 100);
  assert.equal(attempts.retryAfterSeconds('address', 200), 800);
});

test('an older file that is put back brings nothing back that this server saw revoked, by itself or by a command', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  const log = recordingLog();
  const store = await openStore(t, path, log, { pollMs: 40 });
  const records = (id: string) => ({
    clients: new Map([[id, client(id, { last_used_at: 1_700_000_000 })]]),
    grants: new Map([[`grant-of-${id}`, grant(id)]]),
    access_tokens: new Map([[sha256Hex(id), token(`grant-of-${id}`)]]),
  });
  for (const id of ['kept', 'by-command', 'forgotten', 'by-itself']) await store.update(putAll(records(id)));
  await copyFile(path, `${path}.backup`);

  const command = await openCommandStore(path);
  await command.update((draft, { now }) => revoke(draft, [{ kind: 'grant', id: 'grant-of-by-command' }], now));
  await command.update((draft, { now }) => revoke(draft, [{ kind: 'client', id: 'forgotten', forget: true }], now));
  await command.close();
  await store.freshView();
  await store.update((draft, { now }) => revoke(draft, [{ kind: 'client', id: 'by-itself', forget: false }], now));
  const moment = store.view().clients.get('by-itself')?.revoked_before;
  assert.ok(moment !== undefined);

  await rename(`${path}.backup`, path);
  await until(() => log.lines.some((line) => /warn an older state file was restored/.test(line)), 3);
  const view = await store.freshView();
  assert.deepEqual(
    [...view.grants.entries()].map(([id]) => id),
    ['grant-of-kept'],
  );
  assert.equal(view.access_tokens.size, 1);
  assert.ok(!view.clients.has('forgotten'));
  assert.equal(view.clients.get('by-itself')?.revoked_before, moment);
  assert.match(log.lines.join('\n'), /"newest":"20\d\d-/);
  await until(async () => !(await readFile(path, 'utf8')).includes('grant-of-by-command'), 3);
});

test('a backup copied by mistake, and then the right file, costs no login', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  const store = await openStore(t, path, silentLog, { pollMs: 40 });
  const used = (moment: number) => ({ clients: new Map([['a', client('a', { last_used_at: moment })]]) });
  await store.update(putAll(used(1_700_000_100)));
  await copyFile(path, `${path}.old`);
  await store.update(putAll(used(1_700_000_200)));
  await store.update(putAll({ clients: new Map([['b', client('b')]]), grants: new Map([['of-b', grant('b')]]) }));
  await copyFile(path, `${path}.right`);
  await rename(`${path}.old`, path);
  await until(async () => !(await store.freshView()).grants.has('of-b'), 3);
  await rename(`${path}.right`, path);
  await until(async () => (await store.freshView()).grants.has('of-b'), 3);
});
