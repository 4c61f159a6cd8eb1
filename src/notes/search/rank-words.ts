import type { Database } from 'node-sqlite3-wasm';
import type { ParsedQuery, Wanted } from './parse-query.js';
import { findSimilarWords } from './similar-words.js';
import { noteOf } from './tables.js';
import { charactersOf } from './write-words.js';

export interface WordRanking {
  /** By section id; 1 is the best that the query could reach. */
  readonly scores: ReadonlyMap<number, number>;
  /** By section id: how much of the query stands there, by how much its words tell; 1 is all of it. 0 for `guessed`. */
  readonly coverage: ReadonlyMap<number, number>;
  /** The ids of sections that only words like the query's lead to. */
  readonly guessed: ReadonlySet<number>;
  /** Words of the query that are no words, as the table of word vectors would have them, with the likeliest that it has. */
  readonly corrections: ReadonlyMap<string, string>;
  /** How much each index term tells, for passages; a prefix ends in `*`. */
  readonly terms: ReadonlyMap<string, number>;
  /** How rare a term is among the sections: 0 and above. */
  readonly rarityOf: (term: string) => number;
  /** False for a note that a phrase or an excluded word keeps out. */
  readonly isAllowed: (noteId: number) => boolean;
  /** False for a section of an allowed note that has none of the phrases asked for. */
  readonly isShown: (id: number) => boolean;
}

/** How much a word counts in each column of the index, and how much a note counts beside its best section. */
export const tuning = {
  title: 3,
  headings: 2,
  labels: 3,
  body: 1,
  noteShare: 0.3,
};

/** FTS5's own, which cannot be changed. */
const saturation = 1.2;
/** A word in more sections than this only adds to those that rarer words found, when these are enough. */
const commonSections = 4000;
const enoughSections = 50;

/** Scores the sections that have words of the query: BM25 over sections, and the words that the whole note has. */
export function rankWords(
  db: Database,
  query: ParsedQuery,
  sections: number,
  isWord: (folded: string) => boolean,
): WordRanking {
  const columns = `${tuning.title}, ${tuning.headings}, ${tuning.labels}, ${tuning.body}, 1`;
  const select = db.prepare(
    `SELECT rowid AS id, bm25(search_words, ${columns}) AS score FROM search_words WHERE search_words MATCH ?`,
  );
  const count = db.prepare('SELECT doc FROM search_terms WHERE term = ?');
  try {
    const counted = query.wanted
      .map((wanted) => ({
        ...wanted,
        known: wanted.word === undefined ? 1 : Number(count.get(wanted.word)?.['doc'] ?? 0),
      }))
      .sort((a, b) => a.known - b.known);
    const totals = new Map<number, number>();
    const coverage = new Map<number, number>();
    const notes = new Map<number, number>();
    const guessed = new Set<number>();
    const terms = new Map<string, number>();
    const corrections = new Map<string, string>();
    let reachable = 0;
    let mistyped = 0;
    const exact: string[] = [];

    const look = ({ match, terms: shown, weight }: Wanted, known: number, likelihood = 1): boolean => {
      const isCommon = known > commonSections && totals.size >= enoughSections && exact.length > 0;
      const rows = select.all(isCommon ? `${match} AND (${exact.join(' OR ')})` : match) as {
        id: number;
        score: number;
      }[];
      if (rows.length === 0) return false;
      const found = isCommon ? known : rows.length;
      const rarity = weight * Math.log(1 + (Math.max(sections - found, 0) + 0.5) / (found + 0.5));
      reachable += rarity;
      for (const term of shown) terms.set(term, Math.max(terms.get(term) ?? 0, rarity * likelihood));
      // By FTS5's own measure of rarity, a score is at most 1.
      const scale = 1 / (Math.max(Math.log((sections - found + 0.5) / (found + 0.5)), 1e-6) * (saturation + 1));
      const best = new Map<number, number>();
      for (const { id, score } of rows) {
        const value = rarity * likelihood * (isCommon ? 0.5 : Math.min(1, -score * scale));
        if (likelihood < 1 && !totals.has(id)) guessed.add(id);
        if (!guessed.has(id)) coverage.set(id, (coverage.get(id) ?? 0) + rarity);
        totals.set(id, (totals.get(id) ?? 0) + value);
        const note = noteOf(id);
        if (value > (best.get(note) ?? 0)) best.set(note, value);
      }
      for (const [note, value] of best) notes.set(note, (notes.get(note) ?? 0) + value);
      if (likelihood === 1) exact.push(match);
      return true;
    };

    for (const wanted of counted) {
      if (wanted.known > 0) look(wanted, wanted.known);
    }
    for (const { word, folded, known, weight } of counted) {
      if (known > 0 || word === undefined || folded === undefined) continue;
      const inside = charactersOf(word);
      const isTypo = inside === undefined && !isWord(folded) && ++mistyped <= 4;
      const similar = isTypo ? findSimilarWords(db, word) : { terms: [], weight: 1 };
      const match = inside ?? similar.terms.map((term) => `"${term}"`).join(' OR ');
      const terms = inside === undefined ? similar.terms : [word];
      if (match === '' || !look({ match: `(${match})`, terms, weight }, 1, similar.weight)) {
        reachable += weight * Math.log(1 + sections + 0.5);
      }
      // With the ending that the stem has lost.
      const ending = folded.slice(word.length);
      const correction = similar.terms.flatMap((term) => [term + ending, term]).find(isWord);
      if (correction !== undefined) corrections.set(folded, correction);
    }

    const share = tuning.noteShare;
    const scores = new Map<number, number>();
    for (const [id, total] of totals) {
      scores.set(id, (total + share * (notes.get(noteOf(id)) ?? 0)) / (1 + share) / Math.max(reachable, 1e-9));
    }
    for (const [id, mass] of coverage) coverage.set(id, mass / Math.max(reachable, 1e-9));
    const counts = new Map(counted.map(({ word, known }) => [word, known]));
    const rarityOf = (term: string) => Math.log(1 + sections / (1 + (counts.get(term) ?? 0)));
    return { scores, coverage, guessed, corrections, terms, rarityOf, ...filters(db, query) };
  } finally {
    select.finalize();
    count.finalize();
  }
}

function filters(db: Database, query: ParsedQuery): Pick<WordRanking, 'isAllowed' | 'isShown'> {
  const sectionsWith = ({ match }: Wanted) =>
    db.all('SELECT rowid AS id FROM search_words WHERE search_words MATCH ?', [match]).map(({ id }) => Number(id));
  const required = query.required.map((wanted) => new Set(sectionsWith(wanted)));
  const notesWith = required.map((ids) => new Set([...ids].map(noteOf)));
  const excluded = new Set(query.excluded.flatMap(sectionsWith).map(noteOf));
  return {
    isAllowed: (note) => !excluded.has(note) && notesWith.every((notes) => notes.has(note)),
    isShown: (id) => required.length === 0 || required.some((ids) => ids.has(id)),
  };
}
