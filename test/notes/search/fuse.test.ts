import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { fuse, fusion } from '../../../src/notes/search/fuse.js';
import type { WordRanking } from '../../../src/notes/search/rank-words.js';
import { SectionVectors } from '../../../src/notes/search/section-vectors.js';
import { sectionId } from '../../../src/notes/search/tables.js';

/** Thousandths: scores that differ by less are the same to rounding. Equal ones are frequent. */
const thousandths = fc.integer({ min: 1, max: 1000 }).map((thousandth) => thousandth / 1000);

const query = Float32Array.from({ length: 16 }, (_, at) => at - 7);

/** What words and meaning say of a section; coverage is 0 where no word of the query stands. */
const sectionArbitrary = fc.record({
  score: fc.oneof(thousandths, fc.constant(1)),
  coverage: fc.oneof(fc.constant(0), thousandths, fc.constant(1)),
  vector: fc.oneof(
    fc.array(fc.integer({ min: -127, max: 127 }), { minLength: 16, maxLength: 16 }),
    fc.constantFrom(query, query.map(Math.abs)).map((values) => [...values]),
  ),
});
const all = { limit: 1000, perNote: 1, isAllowed: () => true };

test('own words stay first: the first hits by words do as far as they have most of the query, in their order where words tell them apart', () => {
  fc.assert(
    fc.property(fc.array(sectionArbitrary, { minLength: 1, maxLength: 40 }), fc.boolean(), (sections, isModel) => {
      const vectors = new SectionVectors(16);
      const scores = new Map<number, number>();
      const coverage = new Map<number, number>();
      sections.forEach((section, note) => {
        const id = sectionId(note + 1, 0);
        vectors.put(note + 1, Int8Array.from(section.vector), [0]);
        if (section.coverage === 0) return;
        scores.set(id, section.score);
        coverage.set(id, section.coverage);
      });
      const words: WordRanking = {
        scores,
        coverage,
        guessed: new Set(),
        corrections: new Map(),
        terms: new Map(),
        rarityOf: () => 1,
        isAllowed: () => true,
        isShown: () => true,
      };
      const fused = fuse(words, { compare: (visit) => vectors.compare(query, visit), trust: 1, isModel }, all).map(
        ({ id }) => id,
      );
      const isDecisive = (id: number) => (coverage.get(id) ?? 0) >= fusion.decisive;
      const bar = Math.max(0, ...[...scores].filter(([id]) => !isDecisive(id)).map(([, score]) => score));
      const decided = [...scores].filter(([id, score]) => isDecisive(id) && score >= bar).map(([id]) => id);
      const first = fused.slice(0, decided.length);
      assert.deepEqual(new Set(first), new Set(decided));
      const scoreOf = (id: number | undefined) => scores.get(id ?? 0) ?? 0;
      // No nearness is above 1.
      const most = isModel ? fusion.modelAmongDecided : 0;
      first.forEach((id, at) => {
        for (const later of first.slice(at)) assert.ok(scoreOf(later) <= scoreOf(id) + most + 1e-9);
      });
    }),
    { numRuns: process.env['FULL'] === undefined ? 300 : 5000 },
  );
});

test('little of a query is chance: two of ten words never bring a section before one that is nearest in meaning', () => {
  const vectors = new SectionVectors(16);
  const query = Float32Array.from({ length: 16 }, (_, at) => at + 1);
  vectors.put(1, Int8Array.from(query), [0]);
  vectors.put(
    2,
    Int8Array.from({ length: 16 }, (_, at) => (at < 8 ? -at : at)),
    [0],
  );
  const id = sectionId(2, 0);
  const words: WordRanking = {
    scores: new Map([[id, 0.2]]),
    coverage: new Map([[id, 0.2]]),
    guessed: new Set(),
    corrections: new Map(),
    terms: new Map(),
    rarityOf: () => 1,
    isAllowed: () => true,
    isShown: () => true,
  };
  const [first] = fuse(words, { compare: (visit) => vectors.compare(query, visit), trust: 1, isModel: false }, all);
  assert.equal(first?.noteId, 1);
});
