import type { Candidate } from '../rank.js';

/** Reciprocal rank fusion with the constant of Cormack, Clarke and Büttcher (SIGIR 2009). */
const k = 60;

/** Candidates of each ranking that fusion looks at, when more are not asked for. */
export const fusedDepth = 50;

/**
 * Merges rankings of notes, best first, by the sum of 1 / (k + rank); what is first in all of them scores 1.
 * A note's section is the one of the earliest ranking that has it.
 */
export function fuseRankings(rankings: readonly (readonly Candidate[])[], limit: number): Candidate[] {
  const fused = new Map<string, Candidate>();
  for (const ranking of rankings) {
    ranking.forEach(({ path, ordinal }, place) => {
      const known = fused.get(path);
      const gain = (k + 1) / (k + 1 + place) / rankings.length;
      fused.set(path, { path, ordinal: known?.ordinal ?? ordinal, score: (known?.score ?? 0) + gain });
    });
  }
  return [...fused.values()].sort((a, b) => b.score - a.score).slice(0, limit);
}
