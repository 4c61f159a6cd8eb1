import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { CentredVectors } from '../../../src/notes/search/centred-vectors.js';
import { SectionVectors } from '../../../src/notes/search/section-vectors.js';

function cosinesOf(vectors: SectionVectors, query: readonly number[]): Map<number, number> {
  const found = new Map<number, number>();
  vectors.compare(Float32Array.from(query), (id, _part, cosine) => found.set(id / 4096, cosine));
  return found;
}

/** The notes by their cosines, the nearest first. */
function orderOf(vectors: SectionVectors, query: readonly number[]): number[] {
  return [...cosinesOf(vectors, query)].sort((a, b) => b[1] - a[1]).map(([note]) => note);
}

const topics = 90;
/** As models do it: much in all texts is the same, and much says only which language a text is in. */
const textVector = (topic: number, language: 1 | -1) => [
  100,
  language * 20,
  ...Array.from({ length: topics }, (_, at) => (at === topic ? 20 : 0)),
];

test('a note in the other language about the same is nearer than one in the query’s language about nothing of it', () => {
  const vectors = new SectionVectors(topics + 2);
  const centred = new CentredVectors(topics + 2);
  for (let topic = 0; topic < topics; topic++) {
    const vector = Int8Array.from(textVector(topic, topic % 2 === 0 ? 1 : -1));
    for (const all of [vectors, centred]) all.put(topic + 1, vector, [0]);
  }
  for (let topic = 0; topic < topics; topic++) {
    const otherLanguage = textVector(topic, topic % 2 === 0 ? -1 : 1);
    assert.notEqual(orderOf(vectors, otherLanguage)[0], topic + 1);
    const [first, second] = orderOf(centred, otherLanguage);
    assert.equal(first, topic + 1);
    const cosines = cosinesOf(centred, otherLanguage);
    assert.ok((cosines.get(first) ?? 0) > 0.6 && (cosines.get(second ?? 0) ?? 1) < 0.5);
  }
});

test('of two notes about the same the one in the query’s language is nearer', () => {
  const vectors = new CentredVectors(topics + 2);
  for (let topic = 0; topic < topics; topic++) {
    vectors.put(2 * topic + 1, Int8Array.from(textVector(topic, 1)), [0]);
    vectors.put(2 * topic + 2, Int8Array.from(textVector(topic, -1)), [0]);
  }
  const order = orderOf(vectors, textVector(7, -1));
  assert.deepEqual(order.slice(0, 2), [16, 15]);
});

test('what is taken away follows the notes: it is as if only those that are there had ever been', () => {
  const vector = fc.array(fc.integer({ min: -127, max: 127 }), { minLength: 16, maxLength: 16 });
  const property = fc.property(
    fc.array(vector, { minLength: 1, maxLength: 30 }),
    fc.array(fc.nat(29)),
    vector,
    (stored, removed, query) => {
      const vectors = new CentredVectors(16);
      const fresh = new CentredVectors(16);
      const half = stored.length >> 1;
      stored.forEach((values, at) => {
        vectors.put(at + 1, Int8Array.from(values), [0]);
        if (at === half) vectors.compare(Float32Array.from(query), () => {});
      });
      for (const at of removed) vectors.remove(at + 1);
      stored.forEach((values, at) => {
        if (!removed.includes(at)) fresh.put(at + 1, Int8Array.from(values), [0]);
      });
      const found = cosinesOf(vectors, query);
      const wanted = cosinesOf(fresh, query);
      assert.deepEqual([...found.keys()], [...wanted.keys()]);
      for (const [note, cosine] of wanted) {
        assert.ok(Math.abs((found.get(note) ?? 9) - cosine) < 1e-3);
        assert.ok(Math.abs(cosine) < 1.05);
      }
    },
  );
  fc.assert(property, { numRuns: 100 });
});

test('one note alone, notes that are all the same and a query of nothing do no harm', () => {
  const vectors = new CentredVectors(16);
  const query = Array.from({ length: 16 }, (_, at) => at + 1);
  assert.equal(cosinesOf(vectors, query).size, 0);
  for (let note = 1; note <= 20; note++) {
    vectors.put(note, Int8Array.from(query), [0]);
    const cosines = [...cosinesOf(vectors, query).values()];
    assert.equal(cosines.length, note);
    assert.ok(cosines.every((cosine) => cosine > 0.9 && cosine < 1.05));
  }
  assert.equal(cosinesOf(vectors, query.fill(0)).size, 0);
});

test('notes have their cosines where many others were removed between them', () => {
  const vectors = new CentredVectors(16);
  const query = Array.from({ length: 16 }, (_, at) => at + 1);
  for (let note = 1; note <= 1000; note++) vectors.put(note, Int8Array.from(query), [0]);
  for (let note = 1; note <= 1000; note++) if (note !== 500) vectors.remove(note);
  const cosine = cosinesOf(vectors, query).get(500);
  assert.ok(cosine !== undefined && cosine > 0.9 && cosine < 1.05, String(cosine));
});
