import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, rename, rm, rmdir, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../src/log.js';
import { openCommandStore } from '../../src/state/store/open-command-store.js';
import { isFull } from '../full.js';
import { cleanUp, forget, openStore, recordingLog, register, temporaryFolder, until } from '../state/state-fixture.js';
import { FaultControl, kinds, preloading } from './fault-control.js';
import { StoreProcess } from './store-process.js';

const waits = { takeoverMs: 300, settledMs: 300, pollMs: 40 };
const always = 1_000_000;
/** What is promised within a second is given more on a busy machine. */
const second = isFull ? 1 : 5;

async function copiesBeside(path: string): Promise<string[]> {
  return (await readdir(dirname(path))).filter((name) => name.includes('.corrupt-'));
}

describe('reading the state file', { concurrency: 4 }, () => {
  test('a file out of reach again and again is never set aside, and nothing is lost', preloading, async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const faults = new FaultControl(dirname(path));
    cleanUp(t, () => faults.close());
    const server = new StoreProcess(t, faults.env);
    await server.call('openServer', path, waits);
    await server.call('register', 'before');
    for (let round = 0; round < 11; round += 1) {
      faults.set({ at: 1, times: always, mode: 'fail', error: 'EACCES' });
      await sleep(400);
      faults.clear();
      await until(async () => !(await server.call('health')).degraded, second);
    }
    assert.equal(await server.call('register', 'after'), true);
    await server.call('close');
    assert.deepEqual(await readdir(dirname(path)), ['state.json']);
    assert.deepEqual(Object.keys(JSON.parse(await readFile(path, 'utf8')).clients), ['before', 'after']);
  });

  test('while nothing was read yet the store says so, and merges what it was told meanwhile', preloading, async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const first = await openStore(t, path);
    await first.update(register('before'));
    await first.close();
    const faults = new FaultControl(dirname(path));
    cleanUp(t, () => faults.close());
    faults.set({ at: 1, times: always, mode: 'fail', error: 'EACCES' });
    const server = new StoreProcess(t, faults.env);
    assert.equal((await server.call('openServer', path, waits)).unread, true);
    assert.equal(await server.call('register', 'during'), false);
    faults.clear();
    await until(async () => !(await server.call('health')).degraded, second);
    assert.equal((await server.call('health')).unread, undefined);
    await server.call('close');
    assert.deepEqual(Object.keys(JSON.parse(await readFile(path, 'utf8')).clients), ['before', 'during']);
  });

  for (const damage of ['laid out by jq > itself', 'cut in half']) {
    test(`a file ${damage} is set aside and written anew by a stop, at once`, async (t) => {
      const path = join(await temporaryFolder(t), 'state.json');
      const store = await openStore(t, path);
      await store.update(register('before'));
      const text = await readFile(path, 'utf8');
      const bad = damage === 'cut in half' ? text.slice(0, text.length / 2) : '';
      await writeFile(path, bad);
      const start = performance.now();
      await store.close();
      assert.ok(performance.now() - start < 4_000);
      const [copy = ''] = await copiesBeside(path);
      assert.equal(await readFile(join(dirname(path), copy), 'utf8'), bad);
      assert.ok((await openStore(t, path)).view().clients.has('before'));
    });
  }

  test('a stop with a folder in the place of the file says that all logins are lost; a file that is put back is good', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const store = await openStore(t, path);
    await store.update(register('before'));
    await rename(path, `${path}.moved`);
    await mkdir(path);
    await store.freshView();
    await rmdir(path);
    await rename(`${path}.moved`, path);
    await until(async () => !store.health().degraded, second);
    await rm(path);
    await mkdir(path);
    await assert.rejects(store.close(), { code: 'state_unwritable', message: /^all logins are lost: .*a folder/ });
  });

  test('a stop that cannot save over a damaged file says that all logins are lost', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const store = await openStore(t, path);
    await store.update(register('before'));
    for (let index = 0; index < 10; index += 1) await writeFile(`${path}.corrupt-${index}`, '');
    await writeFile(path, '{"version":2,');
    await assert.rejects(store.close(), { code: 'state_unwritable', message: /^all logins are lost: .*10 copies/ });
    assert.equal(await readFile(path, 'utf8'), '{"version":2,');
  });

  test('a revocation is seen within a second while a save hangs', preloading, async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const faults = new FaultControl(dirname(path));
    cleanUp(t, () => faults.close());
    const server = new StoreProcess(t, faults.env);
    await server.call('openServer', path, waits);
    for (const id of ['one', 'two']) await server.call('register', id);
    const command = await openCommandStore(path);
    cleanUp(t, () => command.close());
    // The first sync is of the file, with the lock held; the second is of its folder.
    for (const [at, id] of [
      [2, 'one'],
      [2, 'two'],
    ] as const) {
      faults.set({ at, times: 1, mode: 'delay', delayMs: (second + 2) * 1_000, mask: kinds.sync });
      const saving = server.call('register', `slow-${id}`);
      await until(() => faults.fired > 0);
      await command.update(forget(id));
      await until(async () => !(await server.call('hasNow', id)), second);
      assert.equal(await saving, true);
      assert.equal(await server.call('hasNow', id), false, 'and it stays so when the save is done');
      assert.equal(await server.call('hasNow', `slow-${id}`), true);
    }
  });

  test(
    'a request sees a revocation although a save hangs, and is not held up by a look that does',
    preloading,
    async (t) => {
      const path = join(await temporaryFolder(t), 'state.json');
      const faults = new FaultControl(dirname(path));
      cleanUp(t, () => faults.close());
      const server = new StoreProcess(t, faults.env);
      await server.call('openServer', path, { ...waits, pollMs: 3_600_000 });
      await server.call('register', 'one');
      const command = await openCommandStore(path);
      cleanUp(t, () => command.close());
      faults.set({ at: 2, times: 1, mode: 'delay', delayMs: (second + 2) * 1_000, mask: kinds.sync });
      const saving = server.call('register', 'slow');
      await until(() => faults.fired > 0);
      await command.update(forget('one'));
      const beganMs = performance.now();
      assert.equal(await server.call('hasRecently', 'one'), false);
      assert.ok(performance.now() - beganMs < second * 1_000);
      assert.equal(await saving, true);

      const delayMs = 2_000 * second;
      faults.set({ at: 1, times: always, mode: 'delay', delayMs, mask: kinds.stat });
      const hangingMs = performance.now();
      for (let round = 0; round < 3; round += 1) assert.equal(await server.call('hasRecently', 'slow'), true);
      assert.ok(faults.fired > 0 && performance.now() - hangingMs < delayMs / 2);
      faults.clear();
    },
  );

  test('the path is followed anew at each look: a link that is moved, replaced by a file, or whose folder is', async (t) => {
    const folder = await temporaryFolder(t);
    for (const name of ['a', 'b', 'c']) await mkdir(join(folder, name));
    const path = join(folder, 'state.json');
    await symlink(join(folder, 'a', 'state.json'), path);
    const log = recordingLog();
    const store = await openStore(t, path, log, waits);
    await store.update(register('token'));
    const command = async (id: string) => {
      const opened = await openCommandStore(path);
      await opened.update(forget(id));
      await opened.close();
      await until(() => !store.view().clients.has(id), second);
    };

    await writeFile(join(folder, 'b', 'state.json'), await readFile(join(folder, 'a', 'state.json')), { mode: 0o600 });
    await symlink(join(folder, 'b', 'state.json'), `${path}.new`);
    await rename(`${path}.new`, path);
    await command('token');
    assert.match(log.lines.join('\n'), /warn the state path now leads to another file .*b\/state\.json/);
    assert.equal((await store.update(register('second'))).durable, true);
    assert.match(await readFile(join(folder, 'b', 'state.json'), 'utf8'), /second/);

    const text = await readFile(path, 'utf8');
    await rm(path);
    await writeFile(path, text, { mode: 0o600 });
    await command('second');
    assert.equal((await store.update(register('third'))).durable, true);
    assert.ok(!(await readFile(join(folder, 'b', 'state.json'), 'utf8')).includes('third'));
    assert.equal(store.path, path);
  });

  test('a path whose folder is a link is followed when that link is moved', async (t) => {
    const folder = await temporaryFolder(t);
    for (const name of ['a', 'b']) await mkdir(join(folder, name), { mode: 0o700 });
    const path = join(folder, 'now', 'state.json');
    await symlink('a', join(folder, 'now'));
    const log = recordingLog();
    const store = await openStore(t, path, log, { ...waits, pollMs: 3_600_000 });
    await store.update(register('one'));
    await copyFile(join(folder, 'a', 'state.json'), join(folder, 'b', 'state.json'));
    await symlink('b', join(folder, 'next'));
    await rename(join(folder, 'next'), join(folder, 'now'));
    const opened = await openCommandStore(path);
    await opened.update(forget('one'));
    await opened.close();
    await sleep(10);
    assert.equal((await store.recentView()).clients.has('one'), false);
    assert.match(log.lines.join('\n'), /warn the state path now leads to another file .*\/b\/state\.json/);
    assert.equal((await store.update(register('two'))).durable, true);
    assert.match(await readFile(join(folder, 'b', 'state.json'), 'utf8'), /"two"/);
    assert.doesNotMatch(await readFile(join(folder, 'a', 'state.json'), 'utf8'), /"two"/);
  });

  for (const how of ['ignores', 'refuses'] as const) {
    test(
      `a file system that ${how} modes: it is said that it cannot protect the file, and not that it does`,
      preloading,
      async (t) => {
        const path = join(await temporaryFolder(t), 'state.json');
        await writeFile(path, '{"version":2,"clients":{},"grants":{},"access_tokens":{},"refresh_tokens":{}}', {
          mode: 0o644,
        });
        const faults = new FaultControl(dirname(path));
        cleanUp(t, () => faults.close());
        faults.set({
          at: 1,
          times: always,
          mode: how === 'ignores' ? 'ignore' : 'fail',
          error: 'EPERM',
          mask: kinds.chmod,
        });
        const server = new StoreProcess(t, faults.env);
        await server.call('openServer', path, waits);
        assert.ok(faults.fired > 0);
        const lines = (await server.call('logged')).join('\n');
        assert.match(
          lines,
          /warn other users may be able to read the state file, and its file system does not allow to change that/,
        );
        assert.doesNotMatch(lines, /now only its owner can/);
      },
    );
  }

  test('a restore that is being copied in place is waited for, by a start as by a running server', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const first = await openStore(t, path);
    await first.update(register('before'));
    await first.close();
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, 60));
    const store = await openStore(t, path, silentLog, { ...waits, settledMs: 2_000 });
    assert.equal(store.health().unread, true);
    await sleep(300);
    await writeFile(path, text);
    await until(() => !store.health().degraded, second);
    assert.ok(store.view().clients.has('before'));
    assert.deepEqual(await copiesBeside(path), []);
  });

  test('a start with a file that stays damaged is empty, and says so for an hour', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    await writeFile(path, '{"version":2,"clients":', { mode: 0o600 });
    const log = recordingLog();
    const store = await openStore(t, path, log, waits);
    assert.equal(store.health().unread, true);
    await until(() => !store.health().degraded, 3);
    assert.ok(Math.abs((store.health().startedEmptyAt ?? 0) - Date.now() / 1_000) < 10);
    assert.equal((await copiesBeside(path)).length, 1);
    assert.match(log.lines.join('\n'), /error .*starting empty/);
  });

  test('an older server that goes on writing version 1 is told once, and undoes no revocation', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const plain = { client_id: 'old', client_id_issued_at: 1_780_000_000, redirect_uris: ['https://claude.ai/'] };
    const version1 = JSON.stringify({ version: 1, clients: { old: plain }, access_tokens: {}, refresh_tokens: {} });
    await writeFile(path, version1, { mode: 0o600 });
    const log = recordingLog();
    const store = await openStore(t, path, log, waits);
    await store.update(register('ours'));
    await store.update(forget('old'));
    for (let round = 0; round < 3; round += 1) {
      await writeFile(path, version1);
      await until(() => store.health().degraded, second);
      assert.ok(!store.view().clients.has('old') && store.view().clients.has('ours'));
      await until(() => !store.health().degraded, 3);
    }
    assert.deepEqual(Object.keys(JSON.parse(await readFile(path, 'utf8')).clients), ['ours']);
    assert.equal(log.lines.filter((line) => /an older server also writes/.test(line)).length, 1, log.lines.join('\n'));
    assert.equal((await copiesBeside(path)).length, 1);
  });

  test('what can only be set aside by a copy is, and a refused chown is lived with', preloading, async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const faults = new FaultControl(dirname(path));
    cleanUp(t, () => faults.close());
    const server = new StoreProcess(t, faults.env);
    await server.call('openServer', path, waits);
    await server.call('register', 'before');
    faults.set({ at: 1, times: always, mode: 'fail', error: 'EPERM', mask: kinds.link | kinds.chown });
    await writeFile(path, 'damaged');
    await until(async () => (await readFile(path, 'utf8')) !== 'damaged', 3);
    const [copy = ''] = await copiesBeside(path);
    assert.equal(await readFile(join(dirname(path), copy), 'utf8'), 'damaged');
    assert.equal((await stat(join(dirname(path), copy))).mode & 0o777, 0o600);
    assert.ok(faults.fired > 0);
  });

  test('an empty lock folder is taken over where a folder cannot be moved onto one', preloading, async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const faults = new FaultControl(dirname(path));
    cleanUp(t, () => faults.close());
    const server = new StoreProcess(t, faults.env);
    await server.call('openServer', path, waits);
    await mkdir(`${path}.lock`);
    faults.set({ at: 1, times: always, mode: 'fail', error: 'EEXIST', mask: kinds.rename });
    const saving = server.call('register', 'after');
    await until(async () => !(await readdir(dirname(path))).includes('state.json.lock'), 3);
    faults.clear();
    assert.equal(await saving, true);
  });

  test('a stop that has something to save takes the lock of a dead process over sooner than a running server', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const store = await openStore(t, path, silentLog, { takeoverMs: 10_000, lockMs: 60_000 });
    await mkdir(`${path}.lock`);
    await writeFile(join(`${path}.lock`, '0123456789abcdef0123456789abcdef'), '');
    const saving = store.update(register('last'));
    const start = performance.now();
    await store.close();
    assert.ok(performance.now() - start < 9_000);
    assert.equal((await saving).durable, true);
    assert.deepEqual(await readdir(dirname(path)), ['state.json']);
    assert.match(await readFile(path, 'utf8'), /"last"/);
  });

  test('a stop does not wait for the lock of a dead process when there is nothing to save', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    await (await openStore(t, path)).close();
    const nonce = '0123456789abcdef0123456789abcdef';
    await mkdir(`${path}.lock`);
    await writeFile(join(`${path}.lock`, nonce), '');
    const store = await openStore(t, path);
    const start = performance.now();
    await store.close();
    assert.ok(performance.now() - start < 4_000);
  });
});
