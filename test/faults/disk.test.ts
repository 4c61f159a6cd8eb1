import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, chown, lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../src/log.js';
import { openCommandStore } from '../../src/state/store/open-command-store.js';
import type { StateStore } from '../../src/state/store/store.js';
import { cleanUp, forget, openStore, recordingLog, register, temporaryFolder, until } from '../state/state-fixture.js';
import { mount, mounting } from './mount.js';
import { StoreProcess } from './store-process.js';

const asRoot = { skip: process.geteuid?.() === 0 ? false : 'needs root, to be somebody else' };
const somebody = 54_321;

async function idsIn(path: string): Promise<string[]> {
  return Object.keys(JSON.parse(await readFile(path, 'utf8')).clients).sort();
}

/** A login goes on in memory, the file stays as it was, a command fails; once `end` was called all is saved. */
async function assertServiceGoesOn(store: StateStore, file: string, reason: RegExp, end: () => unknown): Promise<void> {
  assert.deepEqual(await store.update(register('during-1')), { value: 'during-1', durable: false });
  const { degraded, reason: why, since } = store.health();
  assert.ok(degraded && since !== undefined);
  assert.match(why ?? '', reason);
  assert.equal((await store.update(register('during-2'))).durable, false);
  assert.equal((await store.update(forget('during-1'))).durable, false);
  assert.equal((await store.update((_draft, at) => at.degraded)).value, true);
  assert.ok(store.view().clients.has('before') && store.view().clients.has('during-2'));
  assert.ok(store.counters().failedSaves > 0);
  await end();
  await until(() => !store.health().degraded);
  assert.deepEqual(await idsIn(file), ['before', 'during-2']);
  assert.equal((await store.update(register('after'))).durable, true);
}

describe('disk faults', { concurrency: 6 }, () => {
  test('a full disk', mounting, async (t) => {
    const path = join(await mount(t, '-t', 'tmpfs', '-o', 'size=256k', 'vault-mcp-test'), 'state.json');
    const log = recordingLog();
    const store = await openStore(t, path, log);
    await store.update(register('before'));
    const filler = join(dirname(path), 'filler');
    await writeFile(filler, Buffer.alloc(300_000)).catch(() => {});
    const good = await readFile(path);
    const command = await openCommandStore(path);
    await assertServiceGoesOn(store, path, /ENOSPC/, async () => {
      assert.deepEqual(await readFile(path), good);
      await assert.rejects(command.update(forget('before')), { code: 'state_unwritable', hint: /free some space/ });
      assert.deepEqual(await readFile(path), good);
      // The server's own tries hold the lock for moments; nothing of them stays.
      await until(async () => (await readdir(dirname(path))).sort().join() === 'filler,state.json');
      await rm(filler);
    });
    await command.close();
    assert.equal(log.lines.filter((line) => /^error.*ENOSPC.*free some space/.test(line)).length, 1);
    assert.equal(log.lines.filter((line) => /^info the state is saved again/.test(line)).length, 1);
  });

  test('a full disk at the end: close tries once more, and says what is lost', mounting, async (t) => {
    const path = join(await mount(t, '-t', 'tmpfs', '-o', 'size=256k', 'vault-mcp-test'), 'state.json');
    const store = await openStore(t, path);
    await store.update(register('before'));
    await writeFile(join(dirname(path), 'filler'), Buffer.alloc(300_000)).catch(() => {});
    await store.update(register('during'));
    await assert.rejects(store.close(), { code: 'state_unwritable', message: /lost \(1 of clients\).*ENOSPC/ });
    assert.deepEqual(await idsIn(path), ['before']);
  });

  test('a read-only remount', mounting, async (t) => {
    const folder = await temporaryFolder(t);
    const target = await mount(t, '--bind', folder);
    const path = join(target, 'state.json');
    const log = recordingLog();
    const store = await openStore(t, path, log);
    await store.update(register('before'));
    execFileSync('mount', ['-o', 'remount,ro,bind', target]);
    await assertServiceGoesOn(store, path, /EROFS/, () => execFileSync('mount', ['-o', 'remount,rw,bind', target]));
    assert.match(log.lines.join('\n'), /ReadWritePaths/);
  });

  test(
    'a file system that is read-only from the start is told at once, and what is in the file is served',
    mounting,
    async (t) => {
      const folder = await temporaryFolder(t);
      const first = await openStore(t, join(folder, 'state.json'));
      await first.update(register('before'));
      await first.close();
      const target = await mount(t, '--bind', folder);
      execFileSync('mount', ['-o', 'remount,ro,bind', target]);
      const log = recordingLog();
      const store = await openStore(t, join(target, 'state.json'), log, { firstSaveMs: 30_000 });
      assert.ok(store.health().degraded && store.view().clients.has('before'));
      assert.match(log.lines.join('\n'), /error .*EROFS.*ReadWritePaths/);
    },
  );

  test('a file that is itself a mount point: the hint says to mount its folder', mounting, async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, 'state.json');
    const first = await openStore(t, path);
    await first.update(register('before'));
    await first.close();
    execFileSync('mount', ['--bind', path, path]);
    cleanUp(t, () => spawnSync('umount', ['-l', path]));
    const log = recordingLog();
    const store = await openStore(t, path, log, { firstSaveMs: 30_000 });
    assert.match(log.lines.join('\n'), /EBUSY.*mount its folder/);
    await assertServiceGoesOn(store, path, /EBUSY/, () => execFileSync('umount', ['-l', path]));
    assert.deepEqual(await readdir(folder), ['state.json']);
  });

  test('the folder is removed: it is made again, and everything is written anew', async (t) => {
    const path = join(await temporaryFolder(t), 'own', 'state.json');
    const store = await openStore(t, path);
    await store.update(register('before'));
    await rm(dirname(path), { recursive: true });
    await store.update(register('during'));
    await until(() => !store.health().degraded);
    assert.deepEqual(await idsIn(path), ['before', 'during']);
    assert.equal((await stat(dirname(path))).mode & 0o777, 0o700);
  });

  test('the file is removed: it is written anew without waiting for a request', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const store = await openStore(t, path);
    await store.update(register('before'));
    await rm(path);
    await until(() =>
      stat(path).then(
        () => true,
        () => false,
      ),
    );
    assert.deepEqual(await idsIn(path), ['before']);
  });

  test('a folder in its place', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const store = await openStore(t, path);
    await store.update(register('before'));
    await rm(path);
    await mkdir(path);
    await assertServiceGoesOn(store, path, /is a folder/, () => rm(path, { recursive: true }));
  });

  test('an editor that rewrites the file in place: half a file is waited for, a whole one is taken', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const store = await openStore(t, path);
    await store.update(register('before'));
    await store.update(register('revoked-by-hand'));
    const edited = JSON.parse(await readFile(path, 'utf8'));
    delete edited.clients['revoked-by-hand'];
    const text = JSON.stringify(edited, null, 2);
    await writeFile(path, text.slice(0, 100));
    await store.freshView();
    assert.ok(store.view().clients.has('before'));
    assert.equal((await store.update(register('during'))).durable, false);
    assert.equal(await readFile(path, 'utf8'), text.slice(0, 100));
    await writeFile(path, text);
    await until(() => !store.health().degraded);
    assert.deepEqual(await idsIn(path), ['before', 'during']);
    assert.deepEqual(await readdir(dirname(path)), ['state.json']);
  });

  test('a file that stays damaged is kept aside after a while, and rewritten from memory', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const store = await openStore(t, path, silentLog, { settledMs: 600, pollMs: 50 });
    await store.update(register('before'));
    await writeFile(path, '{"version":2,');
    const start = performance.now();
    const copyOf = (names: string[]) => names.find((name) => name.startsWith('state.json.corrupt-'));
    await until(async () => copyOf(await readdir(dirname(path))) !== undefined);
    assert.ok(performance.now() - start > 500);
    await until(() => !store.health().degraded);
    assert.deepEqual(await idsIn(path), ['before']);
    const copy = copyOf(await readdir(dirname(path))) ?? '';
    assert.equal(await readFile(join(dirname(path), copy), 'utf8'), '{"version":2,');
  });

  test("a newer version's file is never touched while running, and nobody is logged out", async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const store = await openStore(t, path, silentLog, { settledMs: 100, pollMs: 50 });
    await store.update(register('before'));
    const good = await readFile(path);
    const newer = good.toString().replace('"version":2', '"version":3');
    await writeFile(path, newer);
    assert.equal((await store.update(register('during'))).durable, false);
    assert.match(store.health().reason ?? '', /version 3/);
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(await readFile(path, 'utf8'), newer);
    assert.deepEqual(await readdir(dirname(path)), ['state.json']);
    await writeFile(path, good);
    await until(() => !store.health().degraded);
    assert.deepEqual(await idsIn(path), ['before', 'during']);
  });

  test('with ten copies aside a damaged file is not replaced, but the server runs', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    for (let index = 0; index < 10; index += 1) await writeFile(`${path}.corrupt-${index}`, '');
    await writeFile(path, 'damaged');
    const log = recordingLog();
    const store = await openStore(t, path, log, { settledMs: 0, pollMs: 50 });
    assert.equal((await store.update(register('during'))).durable, false);
    assert.equal(await readFile(path, 'utf8'), 'damaged');
    assert.equal(store.health().unread, true);
    await until(() => log.lines.some((line) => /^error .*10 copies/.test(line)));
    await sleep(500);
    assert.ok(log.lines.filter((line) => line.startsWith('error')).length <= 2, log.lines.join('\n'));
    await rm(`${path}.corrupt-0`);
    await until(() => !store.health().degraded);
    assert.deepEqual(await idsIn(path), ['during']);
  });

  test('with ten copies aside a file damaged while running is told once, and heals when they are moved away', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const log = recordingLog();
    const store = await openStore(t, path, log, { settledMs: 100, pollMs: 30 });
    await store.update(register('before'));
    for (let index = 0; index < 10; index += 1) await writeFile(`${path}.corrupt-${index}`, '');
    await writeFile(path, '{"version":2,');
    await until(() => store.health().advice !== undefined);
    assert.match(store.health().advice ?? '', /10 damaged copies .*move those away/);
    assert.equal((await store.update(register('during'))).durable, false);
    await sleep(700);
    const told = () => log.lines.filter((line) => line.startsWith('error'));
    assert.equal(told().filter((line) => /10 copies.*move them away/.test(line)).length, 1, told().join('\n'));
    assert.ok(told().length <= 2, told().join('\n'));
    await rm(`${path}.corrupt-3`);
    await until(() => !store.health().degraded);
    assert.equal(store.health().advice, undefined);
    assert.deepEqual(await idsIn(path), ['before', 'during']);
    // The one that was just kept is the tenth again.
    await writeFile(path, '{"version":2,');
    await assert.rejects(store.close(), { code: 'state_unwritable', message: /^all logins are lost: .*10 copies/ });
  });

  test('something else in the place of the lock is said, and survived', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const store = await openStore(t, path);
    await store.update(register('before'));
    await writeFile(`${path}.lock`, '');
    const command = await openCommandStore(path);
    await assert.rejects(command.update(forget('before')), { code: 'state_locked', message: /state\.json\.lock/ });
    await command.close();
    await assertServiceGoesOn(store, path, /state\.json\.lock/, () => rm(`${path}.lock`));
  });

  test('no file descriptors left', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const child = new StoreProcess(t);
    await child.call('openServer', path);
    assert.equal(await child.call('register', 'before'), true);
    assert.ok(((await child.call('exhaustDescriptors')) ?? 0) > 100);
    assert.equal(await child.call('register', 'during'), false);
    await child.call('freeDescriptors');
    await until(async () => !(await child.call('health')).degraded);
    assert.deepEqual(await idsIn(path), ['before', 'during']);
    assert.deepEqual(await readdir(dirname(path)), ['state.json']);
  });

  test('a folder that may not be written', asRoot, async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    await chown(dirname(path), somebody, somebody);
    const child = new StoreProcess(t);
    await child.call('become', somebody);
    await child.call('openServer', path);
    await child.call('register', 'before');
    await chmod(dirname(path), 0o500);
    assert.equal(await child.call('register', 'during'), false);
    assert.match((await child.call('health')).reason ?? '', /EACCES/);
    await chmod(dirname(path), 0o700);
    await until(async () => !(await child.call('health')).degraded);
    assert.deepEqual(await idsIn(path), ['before', 'during']);
  });

  test(
    "a file that is root's is not readable: it is left alone, and taken once it is given back",
    asRoot,
    async (t) => {
      const path = join(await temporaryFolder(t), 'state.json');
      const first = await openStore(t, path);
      await first.update(register('before'));
      await first.close();
      const good = await readFile(path);
      await chown(dirname(path), somebody, somebody);
      const child = new StoreProcess(t);
      await child.call('become', somebody);
      const health = await child.call('openServer', path);
      assert.match(health.reason ?? '', /EACCES/);
      assert.equal(await child.call('register', 'during'), false);
      assert.deepEqual(await readFile(path), good);
      await chown(path, somebody, somebody);
      await until(async () => !(await child.call('health')).degraded);
      assert.deepEqual(await idsIn(path), ['before', 'during']);
    },
  );

  test(
    "root's command acts as the file's owner, wherever the folder is, and leaves nothing of root's",
    asRoot,
    async (t) => {
      const closed = join(await temporaryFolder(t), 'closed');
      const path = join(closed, 'own', 'state.json');
      const first = await openStore(t, path);
      await first.update(register('revoked'));
      await first.close();
      await chown(path, somebody, somebody);
      await chown(dirname(path), somebody, somebody);
      await chmod(closed, 0o700);
      const link = join(dirname(closed), 'link.json');
      await symlink(path, link);
      const child = new StoreProcess(t);
      assert.equal(await child.call('openCommand', link), somebody);
      await child.call('forget', 'revoked');
      const { uid, gid, mode } = await lstat(path);
      assert.deepEqual([uid, gid, mode & 0o777], [somebody, somebody, 0o600]);
      assert.deepEqual(await readdir(dirname(path)), ['state.json']);
      assert.deepEqual(await idsIn(path), []);
    },
  );

  test('a group of somebody else is no fault where the folder may be written', asRoot, async (t) => {
    const grouped = join(await temporaryFolder(t), 'state.json');
    await (await openStore(t, grouped)).close();
    await chown(dirname(grouped), somebody, somebody);
    await chown(grouped, somebody, somebody - 1);
    const child = new StoreProcess(t);
    await child.call('become', somebody);
    const health = await child.call('openServer', grouped);
    assert.deepEqual([health.degraded, health.reason], [false, undefined]);
    assert.equal(await child.call('register', 'a'), true);
    assert.equal((await stat(grouped)).uid, somebody);
    assert.deepEqual(await idsIn(grouped), ['a']);
  });

  test('a server that root runs leaves the file to its owner', asRoot, async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    await (await openStore(t, path)).close();
    await chown(path, somebody, somebody);
    await assert.rejects(openStore(t, path), { code: 'state_foreign', message: /belongs to another user/ });
    await chown(dirname(path), somebody, somebody);
    const store = await openStore(t, path);
    await store.update(register('a'));
    assert.equal((await stat(path)).uid, somebody);
    await rm(path);
    await store.update(register('b'));
    assert.equal((await stat(path)).uid, somebody);
  });
});
