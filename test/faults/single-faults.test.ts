import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { describe, type TestContext, test } from 'node:test';
import { silentLog } from '../../src/log.js';
import { openServerStore } from '../../src/state/store/open-server-store.js';
import { bin } from '../cli/run-command.js';
import { claudeId, stateDocument } from '../cli/state-fixture.js';
import { isFull } from '../full.js';
import { cleanUp, openStore, register, resource, temporaryFolder, until } from '../state/state-fixture.js';
import { type ErrorCode, FaultControl, type Mode, preloading } from './fault-control.js';
import { StoreProcess } from './store-process.js';

/** `FULL=all` makes every call fail in every way, which takes a quarter of an hour. */
const everything = process.env['FULL'] === 'all';
const full = isFull;
const errors: readonly ErrorCode[] = full ? ['EIO', 'ENOSPC', 'EACCES', 'ESTALE', 'EMFILE', 'EROFS'] : ['EIO'];
const failures: readonly Mode[] = ['fail', 'doneButFailed'];
const kills: readonly Mode[] = ['killBefore', 'killAfter'];
/**
 * The calls that fail: with FULL=1 every third, another third with each error, so that each call meets two of the six;
 * in the short form one in so many.
 */
function stride(short: number): number {
  if (everything) return 1;
  return full ? 3 : short;
}
const firstCall = (error: ErrorCode) => (everything || !full ? 1 : 1 + (errors.indexOf(error) % 3));
/** The promise is a second, on a machine that does nothing else; another test runs beside this one. */
const recoverySeconds = full ? 1.5 : 10;
const waits = { takeoverMs: 300, settledMs: 400, pollMs: 50 };

async function clientsIn(path: string): Promise<Set<string>> {
  return new Set(Object.keys(JSON.parse(await readFile(path, 'utf8')).clients));
}

/** Nothing but the file is there, and only its owner may read it. */
async function assertClean(path: string, what: string): Promise<void> {
  const names = () => readdir(dirname(path));
  await until(async () => (await names()).length === 1, 2).catch(() => {});
  assert.deepEqual(await names(), ['state.json'], what);
  assert.equal((await stat(path)).mode & 0o777, 0o600, what);
}

async function faultsBeside(t: TestContext): Promise<{ path: string; faults: FaultControl }> {
  const path = join(await temporaryFolder(t), 'state.json');
  const faults = new FaultControl(dirname(path));
  cleanUp(t, () => faults.close());
  return { path, faults };
}

describe('a fault at each single call', { concurrency: 2, ...preloading }, () => {
  test('of a running server: acknowledged is there, removed is gone, well again within a second', async (t) => {
    const { path, faults } = await faultsBeside(t);
    const server = new StoreProcess(t, faults.env);
    await server.call('openServer', path, waits);
    let serial = 0;
    let fired = 0;
    await server.call('register', 'client-0');
    faults.clear();
    await server.call('register', 'client-x');
    const calls = faults.count + 4;
    for (const error of errors) {
      for (const mode of failures) {
        for (let at = firstCall(error); at <= calls; at += stride(12)) {
          const what = `${mode} ${error} at call ${at}`;
          faults.set({ at, mode, error });
          const gone = `client-${serial}`;
          serial += 1;
          const added = await server.call('register', `client-${serial}`);
          const removed = await server.call('forget', gone);
          fired += faults.fired;
          const { last } = faults;
          faults.clear();
          if (added) assert.ok((await clientsIn(path)).has(`client-${serial}`), `${what} (${last})`);
          if (removed) assert.ok(!(await clientsIn(path)).has(gone), `${what} (${last})`);
          await until(async () => !(await server.call('health')).degraded, recoverySeconds);
          const clients = await clientsIn(path);
          assert.ok(clients.has(`client-${serial}`) && !clients.has(gone), `${what} (${last})`);
          await assertClean(path, `${what} (${last})`);
        }
      }
    }
    t.diagnostic(`${fired} faults in a running server`);
    assert.ok(fired > 2);
  });

  test('of a running server that dies there: what it acknowledged is there', async (t) => {
    const { path, faults } = await faultsBeside(t);
    let killed = 0;
    for (const mode of kills) {
      for (let at = 1; ; at += full ? 1 : 25) {
        const what = `${mode} at call ${at}`;
        const server = new StoreProcess(t, faults.env);
        await server.call('openServer', path, waits);
        await server.call('register', 'kept');
        await server.call('register', 'revoked');
        faults.set({ at, mode });
        let added = false;
        let removed = false;
        const ended = await Promise.race([
          server.ended.then(() => true),
          (async () => {
            added = await server.call('register', `new-${at}`);
            removed = await server.call('forget', 'revoked');
            return false;
          })(),
        ]);
        faults.clear();
        await server.kill();
        const clients = await clientsIn(path);
        assert.ok(clients.has('kept'), what);
        assert.ok(!added || clients.has(`new-${at}`), what);
        assert.ok(!removed || !clients.has('revoked'), what);
        const next = await openServerStore({ path, resource, refreshTokenTtlSeconds: 9, log: silentLog, waits });
        await until(() => !next.health().degraded, 15);
        assert.equal((await next.update(register('next'))).durable, true, what);
        await next.close();
        const left = (await readdir(dirname(path))).filter((name) => !/^state\.json(\.lock-[0-9a-f]{32})?$/.test(name));
        assert.deepEqual(left, [], what);
        if (!ended) break;
        killed += 1;
      }
    }
    t.diagnostic(`${killed} kills of a running server`);
    assert.ok(killed > 1);
  });

  test('of a start: no login is lost, no good file is set aside, well again within a second', async (t) => {
    const { path, faults } = await faultsBeside(t);
    const first = await openStore(t, path);
    await first.update(register('before'));
    await first.close();
    let fired = 0;
    for (const error of errors) {
      for (const mode of failures) {
        for (let at = firstCall(error); ; at += stride(13)) {
          const what = `${mode} ${error} at call ${at}`;
          faults.set({ at, mode, error });
          const server = new StoreProcess(t, faults.env);
          await server.call('openServer', path, waits);
          await server.call('look');
          const isFired = faults.fired > 0;
          const { last } = faults;
          faults.clear();
          await until(async () => !(await server.call('health')).degraded, recoverySeconds);
          assert.equal(await server.call('has', 'before'), true, `${what} (${last})`);
          assert.equal(await server.call('register', 'after'), true, `${what} (${last})`);
          await server.call('close');
          await server.kill();
          const clients = await clientsIn(path);
          assert.ok(clients.has('before') && clients.has('after'), `${what} (${last})`);
          await assertClean(path, `${what} (${last})`);
          if (!isFired) break;
          fired += 1;
        }
      }
    }
    t.diagnostic(`${fired} faults in a start`);
    assert.ok(fired > 1);
  });

  for (const args of [['revoke', '--client', claudeId, '--forget'], ['prune-expired'], ['inspect']]) {
    test(`of state ${args[0]}: done, or not done and said so`, async (t) => {
      const { path, faults } = await faultsBeside(t);
      const document = JSON.stringify(stateDocument(Math.floor(Date.now() / 1_000)));
      let fired = 0;
      for (const error of errors) {
        for (const mode of [...failures, ...(error === 'EIO' ? kills : [])]) {
          for (let at = firstCall(error); ; at += stride(19)) {
            await writeFile(path, document, { mode: 0o600 });
            faults.set({ at, mode, error });
            const env = { PATH: process.env['PATH'] ?? '', ...faults.env };
            const command = [bin, 'state', ...args, '--state-path', path];
            const { status, stderr } = spawnSync(process.execPath, command, { env, encoding: 'utf8' });
            const isFired = faults.fired > 0;
            const what = `${mode} ${error} at call ${at} (${faults.last}): exit ${status} ${stderr}`;
            faults.clear();
            const text = await readFile(path, 'utf8');
            if (args[0] === 'revoke' && status === 0) assert.ok(!(await clientsIn(path)).has(claudeId), what);
            if (args[0] === 'inspect') assert.equal(text, document, what);
            if (status === 1 && !stderr.includes('the change was made')) assert.equal(text, document, what);
            if (status === 3 || status === 4) assert.equal(text, document, what);
            JSON.parse(text);
            const names = await readdir(dirname(path));
            assert.ok(!names.some((name) => name.includes('corrupt')), what);
            if (status !== null) await assertClean(path, what);
            for (const name of names.filter((one) => one !== 'state.json'))
              await rm(join(dirname(path), name), { recursive: true });
            if (!isFired) break;
            fired += 1;
          }
        }
      }
      t.diagnostic(`${fired} faults in state ${args[0]}`);
      assert.ok(fired > 2);
    });
  }
});
