import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { createNotesFolder } from './notes-folder.js';
import { collectLog, eventually, fill, open, pathsFound, untilReady } from './open-index.js';

/** The worker that is started next in this process. */
async function nextWorker(): Promise<Worker> {
  const [worker] = (await once(process, 'worker')) as [Worker];
  return worker;
}

/** Has a worker throw outside of any call. */
function crash(worker: Worker): void {
  worker.postMessage({ id: -1, name: 'no such call' });
}

async function openCrashing(t: TestContext) {
  const folder = await createNotesFolder(t);
  await fill(folder.root, 50);
  await folder.put('fox.md', '# Fox\n\nThe quick brown fox jumps.\n');
  const { log, entries } = collectLog();
  const started = nextWorker();
  const index = await open(t, folder, { log, watch: true });
  const worker = await started;
  return { folder, index, worker, deaths: () => entries.filter(({ level }) => level === 'error') };
}

const stopped = { code: 'search_failed', message: /stopped and is being built anew/ };

for (const [way, end] of [
  ['throws', crash],
  ['is ended', (worker: Worker) => void worker.terminate()],
] as const) {
  test(`a worker that ${way} fails its searches in words, and the next one knows all that happened meanwhile`, {
    timeout: 60_000,
  }, async (t) => {
    const { folder, index, worker, deaths } = await openCrashing(t);
    await untilReady(index);
    const restarted = nextWorker();
    end(worker);
    const pending = [1, 2, 3].map(() => index.search({ text: 'fox', limit: 1 }));
    for (const search of pending) await assert.rejects(search, stopped);
    assert.equal(index.status().ready, false);
    await assert.rejects(index.search({ text: 'fox', limit: 1 }), stopped);
    assert.equal(await index.reindex(), undefined);
    // A note that is changed meanwhile, by this process or another, is no failure and is found in the end.
    await folder.put('walrus.md', '# Walrus\n\nA walrus came later.\n');
    await index.noteChanged('walrus.md');
    await folder.remove('fox.md');
    await restarted;
    await untilReady(index);
    assert.deepEqual(await pathsFound(index, 'walrus'), ['walrus.md']);
    assert.deepEqual(await pathsFound(index, 'fox'), []);
    assert.deepEqual(index.status(), { ready: true, files: 51, indexed: 51, chunks: 51 });
    await folder.put('ocelot.md', '# Ocelot\n\nThe ocelot sleeps.\n');
    await eventually(() => pathsFound(index, 'ocelot'), ['ocelot.md']);
    assert.deepEqual(
      deaths().map(({ message, fields }) => [message, fields['inMs']]),
      [['the search index stopped, starting anew', 1000]],
    );
  });
}

test('a worker that dies again before it is ready is started later and later', { timeout: 60_000 }, async (t) => {
  const { index, worker, deaths } = await openCrashing(t);
  await untilReady(index);
  let next = nextWorker();
  crash(worker);
  const second = await next;
  next = nextWorker();
  crash(second);
  await next;
  assert.deepEqual(
    deaths().map(({ fields }) => fields['inMs']),
    [1000, 2000],
  );
  await untilReady(index);
  assert.deepEqual(await pathsFound(index, 'fox'), ['fox.md']);
});

test('an index that is closed after its worker died starts none', { timeout: 60_000 }, async (t) => {
  const { index, worker } = await openCrashing(t);
  await untilReady(index);
  crash(worker);
  await new Promise((resolve) => worker.once('exit', resolve));
  let started = 0;
  const count = () => void started++;
  process.on('worker', count);
  t.after(() => process.off('worker', count));
  await index.close();
  await assert.rejects(index.search({ text: 'fox', limit: 1 }), { name: 'SearchError' });
  await new Promise((resolve) => setTimeout(resolve, 1200));
  assert.equal(started, 0);
});
