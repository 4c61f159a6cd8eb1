import type { Database } from 'node-sqlite3-wasm';
import { editDistance } from '../../text.js';
import { isAscii } from './analyser.js';

export interface SimilarWords {
  readonly terms: readonly string[];
  /** How likely it is that one of them is meant, below 1. */
  readonly weight: number;
}

const maxSimilar = 8;
const weightOfTypo = 0.5;

/**
 * Returns the index's terms that a term begins, or that are one typo away, else two for a long term, the commonest first. The
 * first letter, or the second for one too many before it or two swapped, must be right: looking through all terms is slow.
 */
export function findSimilarWords(db: Database, term: string): SimilarWords {
  const characters = [...term];
  // Two letters are a word in Korean.
  if (characters.length < (isAscii(term) ? 3 : 2)) return { terms: [], weight: 0 };
  const maxDistance = term.length < 4 ? 0 : term.length < 8 ? 1 : 2;
  const found: { term: string; distance: number; size: number }[] = [];
  for (const first of new Set(characters.slice(0, maxDistance > 0 ? 2 : 1))) {
    const next = String.fromCodePoint((first.codePointAt(0) ?? 0) + 1);
    for (const row of db.all('SELECT term, doc FROM search_terms WHERE term >= ? AND term < ?', [first, next])) {
      const candidate = String(row['term']);
      const size = Number(row['doc']);
      if (candidate.startsWith(term)) found.push({ term: candidate, distance: 1, size });
      else if (Math.abs(candidate.length - term.length) <= maxDistance) {
        const distance = editDistance(term, candidate, maxDistance);
        if (distance <= maxDistance) found.push({ term: candidate, distance, size });
      }
    }
  }
  found.sort((a, b) => a.distance - b.distance || b.size - a.size);
  const nearest = found[0]?.distance ?? 0;
  const terms = found.filter(({ distance }) => distance === nearest).map((similar) => similar.term);
  return { terms: terms.slice(0, maxSimilar), weight: weightOfTypo ** nearest };
}
