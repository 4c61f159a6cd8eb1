import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { silentLog } from '../../src/log.js';
import { readStateFile } from '../../src/state/file/read-state-file.js';
import { openCommandStore } from '../../src/state/store/open-command-store.js';
import { isFull } from '../full.js';
import { openStore, temporaryFolder, until } from '../state/state-fixture.js';
import { countIn, increment } from './counting.js';
import { StoreProcess } from './store-process.js';

const kills = isFull ? 500 : 8;
const lanes = isFull ? 10 : 4;
const updates = isFull ? 1_000 : 120;
const stops = isFull ? 12 : 1;
/** As they are in full; a kill or a stop costs less in the short form. */
const waits = isFull ? {} : { takeoverMs: 800 };

test('a command beside a busy server waits for milliseconds, not for seconds', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  const server = new StoreProcess(t);
  await server.call('openServer', path, waits);
  await server.call('load', 'busy');
  const command = await openCommandStore(path);
  const waited: number[] = [];
  for (let index = 0; index < 10; index += 1) {
    const start = performance.now();
    await command.update(increment);
    waited.push(performance.now() - start);
  }
  await command.close();
  assert.ok(Math.max(...waited) < 3_000, `waited ${waited.map(Math.round)} ms`);
});

describe('processes that share a state file', { concurrency: true }, () => {
  test(`kill -9 at ${kills} random moments under load loses nothing that was acknowledged`, async (t) => {
    await Promise.all(Array.from({ length: lanes }, () => killAgainAndAgain(t, Math.ceil(kills / lanes))));
  });

  test(`a server and a command with ${updates} updates each: none is lost`, async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const server = new StoreProcess(t);
    const command = new StoreProcess(t);
    await server.call('openServer', path, waits);
    await command.call('openCommand', path, waits);
    for (const id of ['one', 'two', 'three']) await server.call('register', id);
    await Promise.all([
      server.call('count', updates, 4),
      command.call('count', updates, 1),
      ...['one', 'two', 'three'].map((id) => command.call('forget', id)),
    ]);
    await server.call('close');
    await command.call('close');
    const { view } = await readStateFile(path);
    assert.equal(countIn(view), 2 * updates);
    assert.deepEqual(
      [...view.clients.entries()].map(([id]) => id),
      ['counter'],
    );
  });

  test('a holder that is stopped loses the lock, and cannot write old data when it wakes up', async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const holder = new StoreProcess(t);
    await holder.call('openServer', path, waits);
    await holder.call('register', 'revoked');
    const counted = holder.call('countAndStopInside');
    await until(async () => (await readdir(join(path, '..'))).includes('state.json.lock'));
    const command = new StoreProcess(t);
    await command.call('openCommand', path, waits);
    const start = performance.now();
    await command.call('forget', 'revoked');
    const waited = performance.now() - start;
    assert.ok(waited > (isFull ? 4_000 : 600) && waited < 9_000, `took the lock over after ${waited} ms`);
    await command.call('count', 3, 1);
    holder.signal('SIGCONT');
    await counted;
    assert.equal(await holder.call('has', 'revoked'), false);
    await holder.call('close');
    const { view } = await readStateFile(path);
    assert.equal(countIn(view), 4);
    assert.ok(!view.clients.has('revoked'));
    assert.deepEqual(await readdir(join(path, '..')), ['state.json']);
  });

  test(`one of three processes is stopped at ${stops} random moments: every update counts once`, async (t) => {
    const path = join(await temporaryFolder(t), 'state.json');
    const processes = [new StoreProcess(t), new StoreProcess(t), new StoreProcess(t)];
    let counted = 0;
    const loads: Promise<void>[] = [];
    for (const child of processes) {
      await child.call('openServer', path, waits);
      child.onEvent = () => {
        counted += 1;
      };
      loads.push(child.call('loadCount'));
    }
    for (let stop = 0; stop < stops; stop += 1) {
      const victim = processes[Math.floor(Math.random() * processes.length)];
      await setTimeout(Math.random() * 200);
      victim?.signal('SIGSTOP');
      const before = counted;
      await until(() => counted > before + 20);
      victim?.signal('SIGCONT');
    }
    await Promise.all(processes.map((child) => child.call('stopLoad')));
    await Promise.all(loads);
    for (const child of processes) await child.call('close');
    assert.equal(countIn((await readStateFile(path)).view), counted);
  });
});

async function killAgainAndAgain(t: TestContext, rounds: number): Promise<void> {
  const path = join(await temporaryFolder(t), 'state.json');
  const present = new Set<string>();
  const absent = new Set<string>();
  let acknowledged = 0;
  for (let round = 0; round < rounds; round += 1) {
    const child = new StoreProcess(t);
    const underway = new Promise<void>((resolve) => {
      child.onEvent = ({ registered, forgetting, forgotten }) => {
        if (registered !== undefined) present.add(registered);
        if (forgetting !== undefined) present.delete(forgetting);
        if (forgotten !== undefined) absent.add(forgotten);
        acknowledged += 1;
        resolve();
      };
    });
    void child.call('openServer', path, waits).then(() => child.call('load', `round-${round}`));
    // Now and then while it starts, else under load.
    if (Math.random() < 0.9) await underway;
    await setTimeout(Math.random() * 150);
    await child.kill();
    const known = new Set(round === 0 && acknowledged === 0 ? [] : (await readStateFile(path)).view.clients.entries());
    const ids = new Set([...known].map(([id]) => id));
    for (const id of present) assert.ok(ids.has(id), `${id} was acknowledged, and is lost`);
    for (const id of absent) assert.ok(!ids.has(id), `${id} was removed, and is back`);
  }
  assert.ok(acknowledged > 0);
  const store = await openStore(t, path, silentLog, waits);
  await until(() => !store.health().degraded);
  await store.close();
  assert.deepEqual(
    (await readdir(join(path, '..'))).filter((name) => !/\.lock-[0-9a-f]{32}$/.test(name)),
    ['state.json'],
  );
}
