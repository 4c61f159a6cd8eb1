import type { Database } from 'node-sqlite3-wasm';
import { editDistance } from '../../text.js';
import { isAscii } from './analyser.js';

export interface SimilarWord {
  readonly term: string;
  /** Below 1. */
  readonly weight: number;
}

const maxSimilar = 8;
const prefixWeight = 0.5;
const typoWeight = 0.5;

/**
 * Returns the index's terms that a term begins, or that are one typo away (two for long terms), the likeliest first. The
 * first letter, or the second for one too many before it or two swapped, must be right: looking through all terms is slow.
 */
export function findSimilarWords(db: Database, term: string): SimilarWord[] {
  const characters = [...term];
  // Two letters are a word in Korean.
  if (characters.length < (isAscii(term) ? 3 : 2) || term.length > 40) return [];
  const maxDistance = term.length < 4 ? 0 : term.length < 8 ? 1 : 2;
  const found: { term: string; weight: number; distance: number; size: number }[] = [];
  const select = db.prepare('SELECT term, doc FROM search_terms WHERE term >= ? AND term < ?');
  try {
    for (const first of new Set(characters.slice(0, maxDistance > 0 ? 2 : 1))) {
      for (const row of select.iterate([first, next(first)])) {
        const candidate = String(row['term']);
        const size = Number(row['doc']);
        if (candidate.startsWith(term)) found.push({ term: candidate, weight: prefixWeight, distance: 1, size });
        else if (Math.abs(candidate.length - term.length) <= maxDistance) {
          const distance = editDistance(term, candidate, maxDistance);
          if (distance <= maxDistance) found.push({ term: candidate, weight: typoWeight ** distance, distance, size });
        }
      }
    }
  } finally {
    select.finalize();
  }
  found.sort((a, b) => a.distance - b.distance || b.size - a.size);
  const nearest = found[0]?.distance;
  return found.filter((similar) => similar.distance === nearest).slice(0, maxSimilar);
}

function next(character: string): string {
  return String.fromCodePoint((character.codePointAt(0) ?? 0) + 1);
}
