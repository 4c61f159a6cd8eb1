import type { Database } from 'node-sqlite3-wasm';
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

/** Optimal string alignment distance (swapped neighbours are one edit), or more than `limit` when it is above that. */
export function editDistance(a: string, b: string, limit: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(distance);
      least = Math.min(least, distance);
    }
    if (least > limit) return limit + 1;
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
