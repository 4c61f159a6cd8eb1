import assert from 'node:assert/strict';
import {
  chmod,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { exitCodeOf } from '../../src/cli/errors.js';
import { readStateFile } from '../../src/state/file/read-state-file.js';
import { StateFile } from '../../src/state/file/state-file.js';
import { StateReader } from '../../src/state/file/state-reader.js';
import { openCommandStore } from '../../src/state/store/open-command-store.js';
import { cleanUp, client, forget, openStore, recordingLog, register, temporaryFolder, until } from './state-fixture.js';

async function namesIn(path: string): Promise<string[]> {
  return (await readdir(dirname(path))).sort();
}

test('a registration survives a restart, in a file that only its owner may read, with nothing beside it', async (t) => {
  const path = join(await temporaryFolder(t), 'new', 'deep', 'state.json');
  const store = await openStore(t, path);
  assert.deepEqual(await store.update(register('client-1')), { value: 'client-1', durable: true });
  assert.equal(JSON.parse(await readFile(path, 'utf8')).clients['client-1'].client_id, 'client-1');
  await store.close();
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await stat(dirname(path))).mode & 0o777, 0o700);
  assert.deepEqual(await namesIn(path), ['state.json']);
  const again = await openStore(t, path);
  assert.ok(again.view().clients.has('client-1'));
});

test('one that throws rejects its own caller only, one that changes nothing takes no write', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  const store = await openStore(t, path);
  const before = await stat(path, { bigint: true });
  const { saves } = store.counters();
  assert.deepEqual(await store.update(() => 7), { value: 7, durable: true });
  await assert.rejects(
    store.update(() => {
      throw new TypeError('mine');
    }),
    { message: 'mine' },
  );
  assert.equal((await stat(path, { bigint: true })).ino, before.ino);
  assert.equal(store.counters().saves, saves);
  const [first, second, third] = await Promise.allSettled([
    store.update(register('a')),
    store.update(() => {
      throw new TypeError('mine');
    }),
    store.update(register('b')),
  ]);
  assert.deepEqual([first.status, second.status, third.status], ['fulfilled', 'rejected', 'fulfilled']);
  assert.equal(store.counters().saves, saves + 1);
});

test('concurrent updates share one commit, each seeing the ones before it', async (t) => {
  const store = await openStore(t, join(await temporaryFolder(t), 'state.json'));
  const { saves } = store.counters();
  const sizes = await Promise.all(
    Array.from({ length: 64 }, (_, index) =>
      store.update((draft, at) => {
        const { size } = draft.clients;
        register(`client-${index}`)(draft, at);
        return size;
      }),
    ),
  );
  assert.deepEqual(
    sizes.map(({ value }) => value),
    Array.from({ length: 64 }, (_, index) => index),
  );
  assert.ok(store.counters().saves - saves <= 2);
});

test('a record that could not be read again is refused', async (t) => {
  const store = await openStore(t, join(await temporaryFolder(t), 'state.json'));
  await assert.rejects(store.update(register('a', { client_id: 'b' })), { code: 'state_unwritable' });
  assert.equal((await store.update(register('c'))).durable, true);
});

test('what another process wrote during a save is parsed once, however many look', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  await writeFile(path, '{"version":2}');
  const reader = new StateReader(new StateFile(path));
  cleanUp(t, () => reader.file.forget());
  await reader.read();
  assert.equal(await reader.peek(), undefined);
  await writeFile(path, '{"version":2,"revoked_before":7}');
  const seen = await reader.peek();
  assert.equal(seen?.tables.revokedBefore, 7);
  assert.equal(await reader.peek(), seen);
  await writeFile(path, '{"version":2,"revoked_before":18}');
  assert.equal((await reader.peek())?.tables.revokedBefore, 18);
  await reader.read();
  assert.equal(await reader.peek(), undefined);
});

test("another process's change is seen within a second, at once by freshView and by an update", async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  const store = await openStore(t, path);
  await store.update(register('a'));
  const command = await openCommandStore(path);
  assert.deepEqual(await command.update(forget('a')), { value: undefined, durable: true });
  assert.equal((await store.freshView()).clients.has('a'), false);
  await command.update(register('b'));
  assert.equal((await store.update((draft) => draft.clients.has('b'))).value, true);
  await command.update(register('c'));
  await until(() => store.view().clients.has('c'), 1);
  await command.close();
});

test("a re-run sees the same time and random bytes, and a command's revocation holds against it", async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  const store = await openStore(t, path);
  await store.update(register('a'));
  await rename(dirname(path), `${dirname(path)}-gone`);
  cleanUp(t, () => rm(`${dirname(path)}-gone`, { recursive: true, force: true }));
  const blocker = dirname(path);
  await writeFile(blocker, '');
  const runs: string[] = [];
  const { durable } = await store.update((draft, at) => {
    runs.push(`${at.now} ${Buffer.from(at.random(8)).toString('hex')} ${Buffer.from(at.random(4)).toString('hex')}`);
    if (!draft.clients.has('a')) throw new Error('revoked');
    return register('b')(draft, at);
  });
  assert.equal(durable, false);
  assert.ok(store.view().clients.has('b'));
  assert.match(store.health().reason ?? '', /ENOTDIR/);
  const command = await openCommandStore(`${dirname(path)}-gone/state.json`);
  await command.update(forget('a'));
  await command.close();
  await rm(blocker);
  await rename(`${dirname(path)}-gone`, dirname(path));
  await until(() => !store.health().degraded);
  assert.equal(store.view().clients.size, 0);
  assert.equal(new Set(runs).size, 1);
  assert.ok(runs.length >= 2);
});

test('what may wait is seen at once and saved with the next update, or at close', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  const store = await openStore(t, path);
  const inFile = async () => Object.keys(JSON.parse(await readFile(path, 'utf8')).clients);
  store.defer((draft) => draft.clients.put('a', client('a')));
  assert.ok(store.view().clients.has('a'));
  assert.equal((await store.freshView()).clients.has('a'), true);
  assert.deepEqual(await inFile(), []);
  await store.update(register('b'));
  assert.deepEqual((await inFile()).sort(), ['a', 'b']);
  store.defer((draft) => draft.clients.put('c', client('c')));
  await store.close();
  assert.deepEqual((await inFile()).sort(), ['a', 'b', 'c']);
});

test('a file that others could read is tightened with a warning', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  await (await openStore(t, path)).close();
  await chmod(path, 0o644);
  const log = recordingLog();
  await openStore(t, path, log);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.match(log.lines.join('\n'), /warn other users could read the state file/);
});

test('a linked state path keeps its link, and lock and file live beside the real one', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'real'));
  await mkdir(join(folder, 'links'));
  await symlink('../real/state.json', join(folder, 'links', 'second.json'));
  await symlink(join(folder, 'links', 'second.json'), join(folder, 'state.json'));
  const store = await openStore(t, join(folder, 'state.json'));
  await store.update(register('a'));
  assert.equal(store.path, join(folder, 'real', 'state.json'));
  assert.ok((await lstat(join(folder, 'state.json'))).isSymbolicLink());
  assert.deepEqual(await readdir(join(folder, 'links')), ['second.json']);
  const { view, version, mode, sizeBytes } = await readStateFile(join(folder, 'state.json'));
  assert.deepEqual([version, mode], [2, 0o600]);
  assert.ok(view.clients.has('a') && sizeBytes > 100);
});

test('commands refuse what they cannot use, and leave it alone', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'state.json');
  const refuses = async (code: string) => {
    await assert.rejects(openCommandStore(path), { code });
    await assert.rejects(readStateFile(path), { code });
  };
  await refuses('state_missing');
  await assert.rejects(openCommandStore(join(folder, 'no', 'state.json')), { code: 'state_missing' });
  const contents: [string, string][] = [
    ['', 'state_unreadable'],
    ['{"version":2,"clients":{"a":7}}', 'state_unreadable'],
    ['{"version":1,"clients":{}}', 'state_version'],
    ['{"version":3}', 'state_version'],
  ];
  for (const [text, code] of contents) {
    await writeFile(path, text);
    await refuses(code);
    assert.equal(await readFile(path, 'utf8'), text);
  }
  await rm(path);
  await mkdir(path);
  await refuses('state_unreadable');
  assert.deepEqual(await readdir(folder), ['state.json']);
});

test('a command whose file goes bad after it was opened changes nothing', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  await (await openStore(t, path)).close();
  const command = await openCommandStore(path);
  await writeFile(path, 'oops');
  await assert.rejects(command.update(register('a')), { code: 'state_unreadable' });
  await rm(path);
  await assert.rejects(command.update(register('a')), { code: 'state_missing' });
  assert.deepEqual(await namesIn(path), []);
  await command.close();
});

test('only our own leftovers are swept, and only old ones', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  await (await openStore(t, path)).close();
  const nonce = '0123456789abcdef0123456789abcdef';
  const leave = async (name: string, file: string, old: boolean) => {
    await mkdir(join(dirname(path), name));
    await writeFile(join(dirname(path), name, file), '');
    if (old) await utimes(join(dirname(path), name), 1_000, 1_000);
  };
  await leave(`state.json.lock-${nonce}`, nonce, true);
  await leave(`state.json.lock-${nonce.replace('0', 'f')}`, nonce.replace('0', 'f'), false);
  await leave(`state.json.lock-${nonce.replace('0', 'e')}`, 'other', true);
  await leave(`other.json.lock-${nonce}`, nonce, true);
  await link(path, join(dirname(path), 'state.json.backup'));
  await (await openStore(t, path)).close();
  assert.deepEqual(await namesIn(path), [
    `other.json.lock-${nonce}`,
    'state.json',
    'state.json.backup',
    `state.json.lock-${nonce.replace('0', 'e')}`,
    `state.json.lock-${nonce.replace('0', 'f')}`,
  ]);
});

test('after close nothing is taken any more', async (t) => {
  const store = await openStore(t, join(await temporaryFolder(t), 'state.json'));
  const last = store.update(register('a'));
  await store.close();
  assert.equal((await last).durable, true);
  await assert.rejects(store.update(register('b')), { code: 'state_unwritable' });
});

test('a lock that another process holds on to is told as one, and the file is as it was', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  await (await openStore(t, path)).close();
  const before = await readFile(path);
  await mkdir(`${path}.lock`);
  await writeFile(join(`${path}.lock`, '0'.repeat(32)), '');
  const command = await openCommandStore(path, { lockMs: 200 });
  const error = await command.update(register('a')).catch((refused: unknown) => refused);
  assert.equal(exitCodeOf(error), 4);
  assert.deepEqual(await readFile(path), before);
  await command.close();
  const patient = await openCommandStore(path, { takeoverMs: 200 });
  assert.equal((await patient.update(register('a'))).durable, true);
  await patient.close();
});
