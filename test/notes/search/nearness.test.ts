import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { CentredVectors } from '../../../src/notes/search/centred-vectors.js';
import { besideModel, type Nearness, nearnessBy, withoutModel } from '../../../src/notes/search/nearness.js';
import { SectionVectors } from '../../../src/notes/search/section-vectors.js';

const size = 8;
const modelQuery = Float32Array.from({ length: size }, (_, at) => at - 3);
const tableQuery = Float32Array.from({ length: size }, (_, at) => 5 - at);

/** By note and part. */
function nearnessOf(nearness: Nearness | undefined): Map<string, number> {
  const found = new Map<string, number>();
  nearness?.compare((id, part, cosine) => {
    const name = `${Math.floor(id / 4096)}/${part}`;
    assert.ok(!found.has(name), 'it is told once');
    found.set(name, cosine);
  });
  return found;
}

/** A note's parts, some of which have no word that the table knows; it may have no vectors of the model yet. */
const part = fc.oneof(
  fc.constant(new Array<number>(size).fill(0)),
  fc.array(fc.integer({ min: -127, max: 127 }), { minLength: size, maxLength: size }),
);
const noteArbitrary = fc.record({
  number: fc.integer({ min: 1, max: 12 }),
  parts: fc.array(part, { maxLength: 4 }),
  isEmbedded: fc.boolean(),
  /** The part that the endpoint does not take. */
  refused: fc.integer({ min: 0, max: 8 }),
});
const removal = fc.record({ number: fc.integer({ min: 1, max: 12 }) });

test('the two cosines of a part are added, whatever notes came and went; what has no vector of the model goes by the table', () => {
  const property = fc.property(fc.array(fc.oneof(noteArbitrary, removal), { maxLength: 40 }), (changes) => {
    const [builtIn, vectors] = [new SectionVectors(size), new CentredVectors(size)];
    const model = { vectors, query: modelQuery };
    const table = { vectors: builtIn, query: tableQuery, trust: 0.5 };
    // So many that the memory is tidied up.
    const many = Int8Array.from({ length: 3000 * size }, (_, at) => (at % 9) - 4);
    builtIn.put(100, many, new Array<number>(3000).fill(0));
    for (const change of changes) {
      builtIn.remove(change.number);
      vectors.remove(change.number);
      if (!('parts' in change)) continue;
      const values = Int8Array.from(change.parts.flat());
      const ordinals = change.parts.map((_, at) => at);
      builtIn.put(change.number, values, ordinals);
      if (change.isEmbedded)
        vectors.put(
          change.number,
          values.map((value, at) => (Math.floor(at / size) === change.refused ? 0 : -value)),
          ordinals,
        );
    }
    builtIn.remove(100);
    builtIn.put(200, Int8Array.from(tableQuery), [0]);
    const [byModel, byTable] = [nearnessOf(nearnessBy(model, undefined)), nearnessOf(nearnessBy(undefined, table))];
    const both = nearnessOf(nearnessBy(model, table));
    for (const [name, cosine] of byModel) {
      assert.ok(Math.abs((both.get(name) ?? 9) - cosine - besideModel * 0.5 * (byTable.get(name) ?? 0)) < 1e-4);
    }
    const others = [...byTable].filter(([name]) => !byModel.has(name));
    assert.ok(others.some(([name]) => name === '200/0'));
    for (const [name, cosine] of others)
      assert.ok(Math.abs((both.get(name) ?? 9) - withoutModel * 0.5 * cosine) < 1e-4);
    assert.equal(both.size, byModel.size + others.length);
    assert.equal(builtIn.size, byTable.size);
  });
  fc.assert(property, { numRuns: 100 });
});

test('what there is of the two counts, and none is no nearness', () => {
  const table = { vectors: new SectionVectors(size), query: tableQuery, trust: 0.5 };
  const model = { vectors: new CentredVectors(size), query: modelQuery };
  assert.equal(nearnessBy(undefined, undefined), undefined);
  const { trust, isModel } = nearnessBy(undefined, table) ?? {};
  assert.deepEqual([trust, isModel], [0.5, false]);
  for (const beside of [table, undefined]) {
    const nearness = nearnessBy(model, beside);
    assert.deepEqual([nearness?.trust, nearness?.isModel], [1, true]);
  }
});
