import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Postings } from '../../src/search/postings.js';

/** By term, the pairs in it. */
type Model = Map<string, [number, number][]>;

const additions = fc.array(
  fc.record({
    term: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    distance: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 100_000 })),
    packed: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 0xffffffff })),
  }),
  { maxLength: 200 },
);

function addAll(
  postings: Postings,
  model: Model,
  added: readonly { term: string; distance: number; packed: number }[],
  from: number,
): number {
  let chunk = from;
  for (const { term, distance, packed } of added) {
    chunk += distance;
    postings.add(term, chunk, packed);
    model.set(term, [...(model.get(term) ?? []), [chunk, packed]]);
  }
  return chunk;
}

function contents(postings: Postings): Model {
  return new Map(
    [...postings.ids].map(([term, id]) => {
      const pairs: [number, number][] = [];
      postings.visit(id, (chunk, packed) => pairs.push([chunk, packed]));
      assert.equal(postings.size(id), pairs.length);
      return [term, pairs];
    }),
  );
}

test('gives back what was added, also after a compaction, a reload and more of it', () => {
  fc.assert(
    fc.property(additions, additions, (first, second) => {
      const model: Model = new Map();
      const postings = new Postings();
      const last = addAll(postings, model, first, -1);
      assert.deepEqual(contents(postings), model);
      const reloaded = new Postings(postings.compacted((chunk) => chunk).toStored());
      assert.deepEqual(contents(reloaded), model);
      addAll(reloaded, model, second, last);
      assert.deepEqual(contents(reloaded), model);
    }),
  );
});

test('a compaction leaves out chunks without a number and terms without chunks', () => {
  const postings = new Postings();
  postings.add('kept', 1, 1);
  postings.add('gone', 2, 1);
  postings.add('kept', 2, 1);
  postings.add('kept', 300, 7);
  const compacted = postings.compacted((chunk) => (chunk === 2 ? undefined : chunk === 300 ? 1 : 0));
  assert.deepEqual(
    contents(compacted),
    new Map([
      [
        'kept',
        [
          [0, 1],
          [1, 7],
        ],
      ],
    ]),
  );
});
