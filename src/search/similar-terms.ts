import { exactMark } from './analyser.js';
import type { Postings } from './postings.js';

export interface SimilarTerm {
  readonly term: string;
  /** Below 1. */
  readonly weight: number;
}

const maxSimilar = 12;
const prefixWeight = 0.6;
const typoWeight = 0.7;

/** Returns the index's terms that a term begins, or that are one typo away (two for long terms), the likeliest first. */
export function findSimilarTerms(postings: Postings, term: string): SimilarTerm[] {
  if (term.length < 3) return [];
  const maxDistance = term.length < 4 ? 0 : term.length < 8 ? 1 : 2;
  const letters = letterSet(term);
  const found: { term: string; weight: number; distance: number; size: number }[] = [];
  for (const [candidate, id] of postings.ids) {
    if (candidate === term || candidate.startsWith(exactMark)) continue;
    if (candidate.startsWith(term)) {
      found.push({ term: candidate, weight: prefixWeight, distance: 1, size: postings.size(id) });
      continue;
    }
    if (Math.abs(candidate.length - term.length) > maxDistance) continue;
    if (bitCount(letters ^ letterSet(candidate)) > 2 * maxDistance) continue;
    const distance = editDistance(term, candidate, maxDistance);
    if (distance > maxDistance) continue;
    found.push({ term: candidate, weight: typoWeight ** distance, distance, size: postings.size(id) });
  }
  found.sort((a, b) => a.distance - b.distance || b.size - a.size);
  const nearest = found[0]?.distance;
  return found.filter((similar) => similar.distance === nearest).slice(0, maxSimilar);
}

/** One bit for each letter that occurs, those of other alphabets sharing the bits. */
function letterSet(term: string): number {
  let bits = 0;
  for (let at = 0; at < term.length; at++) bits |= 1 << (term.charCodeAt(at) & 31);
  return bits;
}

function bitCount(bits: number): number {
  let rest = bits - ((bits >>> 1) & 0x55555555);
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return (((rest + (rest >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
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
