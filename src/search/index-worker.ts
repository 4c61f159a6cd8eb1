import { parentPort, workerData } from 'node:worker_threads';
import { readIndexFile, writeIndexFile } from './index-file.js';
import { NoteIndex } from './note-index.js';
import { rank } from './rank.js';
import type { Calls, Reply, Request, Totals, WorkerSettings } from './worker-protocol.js';

/** The thread that owns the index: it answers one call after the other, so that no request waits for indexing. */
if (parentPort === null) throw new Error('runs as a worker thread only');
const port = parentPort;
const { root, cachePath, vectors } = workerData as WorkerSettings;
let index = new NoteIndex();
const loading = load();
const vectorCalls =
  vectors === undefined
    ? undefined
    : (await import('./embeddings/vector-calls.js')).createVectorCalls(vectors, () => index, loading);

const calls: Calls = {
  async load() {
    await loading;
    const notes = [...index.notes.values()];
    return {
      notes: notes.map(({ path, size, modifiedMs, indexedMs }) => ({ path, size, modifiedMs, indexedMs })),
      totals: totals(),
    };
  },
  async put({ note, isForced, nowMs }) {
    if (!isForced && index.notes.get(note.path)?.hash === note.hash) index.touch(note, nowMs);
    else index.put(note, nowMs);
    return totals();
  },
  async remove({ path }) {
    index.remove(path);
    return totals();
  },
  async search({ query, vector }) {
    await loading;
    return vector === undefined || vectorCalls === undefined ? rank(index, query) : vectorCalls.search(query, vector);
  },
  async compact() {
    index.compact();
  },
  async save() {
    if (cachePath !== undefined) await writeIndexFile(cachePath, root, index.toStored());
  },
};

async function load(): Promise<void> {
  if (cachePath !== undefined) index = new NoteIndex(await readIndexFile(cachePath, root));
}

function totals(): Totals {
  return { notes: index.notes.size, chunks: index.chunks };
}

port.on('message', ({ id, name, argument }: Request) => {
  const call = { ...calls, ...vectorCalls, search: calls.search }[name] as (argument: unknown) => Promise<unknown>;
  call(argument).then(
    (result) => port.postMessage({ id, result } satisfies Reply),
    (error: unknown) => port.postMessage({ id, error } satisfies Reply),
  );
});
