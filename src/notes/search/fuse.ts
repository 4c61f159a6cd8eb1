import type { Nearness } from './nearness.js';
import type { WordRanking } from './rank-words.js';
import { noteOf } from './tables.js';

/** A section, or the part of it that is nearest in meaning. */
export interface Candidate {
  readonly id: number;
  readonly noteId: number;
  /** The part's place in the note; -1 when only words found it. */
  readonly part: number;
  readonly score: number;
  readonly words: number;
  readonly cosine: number;
}

export interface FusionOptions {
  readonly limit: number;
  readonly perNote: number;
  readonly isAllowed: (noteId: number) => boolean;
}

/**
 * How much words count beside meaning. The coverage of a section, the part of the query that it has, says whether they are
 * chance, as a name or a word of the other language, or the note's own words, of which most are there.
 */
export const fusion = {
  /** From this coverage on words decide. */
  decisive: 0.6,
  /** Below that, what is more than this part of a query counts, times the score by words. */
  chance: 0.2,
  /** How much a model's nearness counts among those that words decide: it tells apart what words hardly do. */
  modelAmongDecided: 0.5,
  /** What chance words count all the same, so that what has them is found. */
  trace: 0.01,
  /** A note's further sections show where they score at least this part of its best. */
  alike: 0.85,
  /** A word like the query's counts so much where another is the query's own. */
  guess: 0.3,
};

/** So many more than asked for are kept until all are seen. */
const spare = 10;
const leastKept = 200;

/**
 * Puts the sections that words found and those that are near in meaning in one order, best first. As far as the order by words
 * begins with sections of decisive coverage, these stay first, and in that order; a model's nearness changes it among those
 * whose scores by words differ little.
 */
export function fuse(words: WordRanking, near: Nearness | undefined, options: FusionOptions): Candidate[] {
  const isOpen = createFilter(words, options);
  const most = Math.max(leastKept, options.limit * spare);
  const top = new Top(most, (sorted) => pick(sorted, words.guessed, { ...options, limit: most }));
  const shareOf = shares(words);
  const scoreOf = near === undefined ? (_id: number, share: number) => share : scorer(words, near, isOpen);
  const add = (id: number, part: number, cosine: number) => {
    const share = shareOf(id);
    const score = scoreOf(id, share, cosine);
    if (score > top.least && isOpen(id)) top.add({ id, noteId: noteOf(id), part, score, words: share, cosine });
  };
  near?.compare(add);
  // Once more for those without a vector; of two for a section the better one stays.
  for (const id of words.scores.keys()) add(id, -1, 0);
  return pick(top.best(), words.guessed, options);
}

function shares({ scores, guessed }: WordRanking): (id: number) => number {
  const hasExact = guessed.size < scores.size;
  return (id) => (scores.get(id) ?? 0) * (hasExact && guessed.has(id) ? fusion.guess : 1);
}

function scorer(words: WordRanking, near: Nearness, isOpen: (id: number) => boolean) {
  const { chance, decisive, trace } = fusion;
  const amongDecided = near.isModel ? fusion.modelAmongDecided : 0;
  const shareOf = shares(words);
  const coverageOf = (id: number) => words.coverage.get(id) ?? 0;
  // The best by words of those that have less of the query.
  let bar = 0;
  for (const id of words.scores.keys()) {
    const share = shareOf(id);
    if (share > bar && coverageOf(id) < decisive && isOpen(id)) bar = share;
  }
  // Below 1, which those that are decided by words exceed.
  return (id: number, share: number, cosine: number): number => {
    const coverage = coverageOf(id);
    const nearness = near.trust * Math.max(0, cosine);
    if (coverage >= decisive && share >= bar) return 1 + share + amongDecided * nearness;
    const byWords = share * (trace + Math.max(0, coverage - chance));
    const score = nearness + near.trust * byWords + (1 - near.trust) * share;
    return score / (1 + score);
  };
}

function createFilter(words: WordRanking, options: FusionOptions): (id: number) => boolean {
  const allowed = new Map<number, boolean>();
  return (id) => {
    const note = noteOf(id);
    let answer = allowed.get(note);
    if (answer === undefined) {
      answer = options.isAllowed(note) && words.isAllowed(note);
      allowed.set(note, answer);
    }
    return answer && words.isShown(id);
  };
}

/** The best of many candidates, in little memory. */
class Top {
  /** What a candidate must exceed. */
  least = 0;
  readonly #most: number;
  readonly #choose: (sorted: readonly Candidate[]) => Candidate[];
  #kept: Candidate[] = [];

  /** `choose` returns at most `most` of them: a long note must not keep out all others. */
  constructor(most: number, choose: (sorted: readonly Candidate[]) => Candidate[]) {
    this.#most = most;
    this.#choose = choose;
  }

  add(candidate: Candidate): void {
    this.#kept.push(candidate);
    if (this.#kept.length < this.#most * 4) return;
    this.#kept = this.#choose(this.best());
    if (this.#kept.length === this.#most) this.least = Math.min(...this.#kept.map(({ score }) => score));
  }

  best(): Candidate[] {
    return this.#kept.sort((a, b) => b.score - a.score || a.id - b.id);
  }
}

/** One for a section; a note's further sections only where they score nearly as high as its best. */
function pick(
  sorted: readonly Candidate[],
  guessed: ReadonlySet<number>,
  { limit, perNote }: FusionOptions,
): Candidate[] {
  const isGuess = ({ id, cosine }: Candidate) => guessed.has(id) && cosine <= 0;
  const candidates = [...sorted.filter((one) => !isGuess(one)), ...sorted.filter(isGuess)];
  const picked: Candidate[] = [];
  const seen = new Set<number>();
  const notes = new Map<number, { best: Candidate; count: number }>();
  for (const candidate of candidates) {
    if (picked.length >= limit) break;
    if (seen.has(candidate.id)) continue;
    seen.add(candidate.id);
    const note = notes.get(candidate.noteId);
    if (note === undefined) notes.set(candidate.noteId, { best: candidate, count: 1 });
    else if (note.count >= perNote || !isAlike(candidate, note.best)) continue;
    else note.count++;
    picked.push(candidate);
  }
  return picked;
}

/** Where words decided, they say what is alike. */
function isAlike(candidate: Candidate, best: Candidate): boolean {
  const by = best.score > 1 ? 'words' : 'score';
  return candidate[by] >= best[by] * fusion.alike;
}
