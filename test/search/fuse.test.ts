import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuseRankings } from '../../src/search/embeddings/fuse.js';

const ranking = (...paths: string[]) => paths.map((path, ordinal) => ({ path, ordinal, score: 100 - ordinal }));

test('the sum of reciprocal ranks decides, whatever the scores', () => {
  const fused = fuseRankings([ranking('a', 'b', 'c'), ranking('c', 'b', 'd')], 10);
  // c: 1/63 + 1/61, b: 1/62 + 1/62, a: 1/61, d: 1/63.
  assert.deepEqual(
    fused.map(({ path }) => path),
    ['c', 'b', 'a', 'd'],
  );
  assert.ok(Math.abs((fused[0]?.score ?? 0) - (1 / 63 + 1 / 61) * (61 / 2)) < 1e-12);
  assert.equal(fused[2]?.score, 0.5);
});

test('the section is that of the first ranking which has the note', () => {
  const [first] = fuseRankings([[{ path: 'a', ordinal: 3, score: 1 }], [{ path: 'a', ordinal: 7, score: 1 }]], 10);
  assert.deepEqual(first, { path: 'a', ordinal: 3, score: 1 });
});

test('no more than asked for are given, and empty rankings give none', () => {
  assert.equal(fuseRankings([ranking('a', 'b', 'c'), ranking('d')], 2).length, 2);
  assert.deepEqual(fuseRankings([[], []], 2), []);
});
