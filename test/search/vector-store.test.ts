import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVectorCalls } from '../../src/search/embeddings/vector-calls.js';
import { VectorStore } from '../../src/search/embeddings/vector-store.js';
import { type IndexedNote, NoteIndex } from '../../src/search/note-index.js';

/** Notes by path and hash, as far as vectors need them. */
function indexed(hashes: Readonly<Record<string, string>>): Map<string, IndexedNote> {
  const rest = { status: null, tags: [], size: 1, modifiedMs: 1, indexedMs: 1, firstChunk: 0, chunks: 1, lengths: [] };
  return new Map(Object.entries(hashes).map(([path, hash]) => [path, { path, hash, ...rest }]));
}

function makeStore(): VectorStore {
  const store = new VectorStore();
  store.add(['x', 'y', 'xy'], { dimensions: 2, values: Float32Array.of(1, 0, 0, 1, Math.SQRT1_2, Math.SQRT1_2) });
  store.notes.set('a.md', { path: 'a.md', hash: '1', chunks: [{ ordinal: 0, key: 'y' }] });
  store.notes.set('b.md', {
    path: 'b.md',
    hash: '1',
    chunks: [
      { ordinal: 0, key: 'y' },
      { ordinal: 2, key: 'xy' },
      { ordinal: 3, key: 'refused' },
    ],
  });
  store.notes.set('c.md', { path: 'c.md', hash: '1', chunks: [{ ordinal: 1, key: 'x' }] });
  return store;
}

const x = Float32Array.of(1, 0);
const everything = () => true;

test('the best section of a note counts, and what has nothing in common is not near', () => {
  const near = makeStore().nearest(x, indexed({ 'a.md': '1', 'b.md': '1', 'c.md': '1' }), everything, 10);
  assert.deepEqual(
    near?.map(({ path, ordinal, score }) => [path, ordinal, score.toFixed(3)]),
    [
      ['c.md', 1, '1.000'],
      ['b.md', 2, '0.707'],
    ],
  );
});

test('notes that changed or went since they were embedded are left out, and those that a filter holds back', () => {
  const paths = (hashes: Record<string, string>, isAllowed = (_note: IndexedNote) => true) =>
    makeStore()
      .nearest(x, indexed(hashes), isAllowed, 10)
      ?.map(({ path }) => path);
  assert.deepEqual(paths({ 'b.md': '1', 'c.md': '2' }), ['b.md']);
  assert.deepEqual(
    paths({ 'b.md': '1', 'c.md': '1' }, ({ path }) => path !== 'b.md'),
    ['c.md'],
  );
});

test('vectors of another length are neither compared nor taken', () => {
  const store = makeStore();
  assert.equal(store.nearest(Float32Array.of(1, 0, 0), indexed({ 'c.md': '1' }), everything, 10), undefined);
  assert.equal(store.add(['z'], { dimensions: 3, values: Float32Array.of(1, 0, 0) }), false);
  assert.equal(store.vectors.size, 3);
});

test('what no note has any more is forgotten', () => {
  const store = makeStore();
  assert.equal(store.prune(indexed({ 'a.md': '1', 'b.md': '1', 'c.md': '1' })), false);
  assert.equal(store.prune(indexed({ 'a.md': '9' })), true);
  assert.deepEqual([...store.vectors.keys()], ['y']);
  assert.equal(store.prune(indexed({})), true);
  assert.equal(store.add(['z'], { dimensions: 3, values: Float32Array.of(1, 0, 0) }), true);
});

test('a disk that refuses the vectors does not end the embedding, and the save at the end says so', async () => {
  const settings = { cachePath: '/dev/null/folder/vectors', source: 'a' };
  const calls = createVectorCalls(settings, () => new NoteIndex(), Promise.resolve());
  const keys = Array.from({ length: 600 }, (_, index) => `key-${index}`);
  await calls.putVectors({ keys, vectors: { dimensions: 1, values: new Float32Array(600).fill(1) } });
  await calls.putEmbedded({ notes: [{ path: 'a.md', hash: 'h', chunks: [{ ordinal: 0, key: 'key-0' }] }] });
  await assert.rejects(calls.saveVectors(undefined), { code: 'ENOTDIR' });
});
