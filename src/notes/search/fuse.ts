import type { WordRanking } from './rank-words.js';
import type { SectionVectors } from './section-vectors.js';
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

export interface Nearness {
  readonly vectors: SectionVectors;
  readonly query: Float32Array;
  /** Cosines of a model lie close together: they are stretched so that the mean of all is 0 and the nearest is 1. */
  readonly isStretched: boolean;
}

/** How much words count beside meaning: the square leaves out chance words and lets a query's own words decide. */
export const fusion = { words: 3, power: 2, wordsOfModel: 0.6, powerOfModel: 3, alike: 0.85, guess: 0.3 };

/** Puts the sections that words found and those that are near in meaning in one order, best first. */
export function fuse(words: WordRanking, near: Nearness | undefined, options: FusionOptions): Candidate[] {
  const allowed = new Map<number, boolean>();
  const isOpen = (id: number) => {
    const note = noteOf(id);
    let answer = allowed.get(note);
    if (answer === undefined) {
      answer = options.isAllowed(note) && words.isAllowed(note);
      allowed.set(note, answer);
    }
    return answer && words.isShown(id);
  };
  const found = new Map<number, { part: number; cosine: number }>();
  if (near !== undefined) compare(near, isOpen, found);
  const weight = near?.isStretched ? fusion.wordsOfModel : fusion.words;
  const power = near?.isStretched ? fusion.powerOfModel : fusion.power;
  const hasExact = words.guessed.size < words.scores.size;
  const candidates: Candidate[] = [];
  const add = (id: number, part: number, cosine: number) => {
    let share = words.scores.get(id) ?? 0;
    if (words.guessed.has(id) && hasExact) share *= fusion.guess;
    const score = near === undefined ? share : Math.max(0, cosine) + weight * share ** power;
    if (score > 0) candidates.push({ id, noteId: noteOf(id), part, score, words: share, cosine });
  };
  for (const [id, { part, cosine }] of found) add(id, part, cosine);
  for (const id of words.scores.keys()) if (!found.has(id) && isOpen(id)) add(id, -1, 0);
  return pick(candidates, words.guessed, options);
}

function compare(
  { vectors, query, isStretched }: Nearness,
  isOpen: (id: number) => boolean,
  found: Map<number, { part: number; cosine: number }>,
): void {
  let sum = 0;
  let count = 0;
  let most = -1;
  vectors.compare(query, (id, part, cosine) => {
    sum += cosine;
    count++;
    if (cosine > most) most = cosine;
    if (!isStretched && cosine <= 0) return;
    const known = found.get(id);
    if (known !== undefined ? cosine > known.cosine : isOpen(id)) found.set(id, { part, cosine });
  });
  if (!isStretched) return;
  const mean = sum / Math.max(1, count);
  for (const place of found.values()) place.cosine = (place.cosine - mean) / Math.max(most - mean, 1e-6);
}

/** Best first; a note's further sections only where they score nearly as high as its best. */
function pick(candidates: Candidate[], guessed: ReadonlySet<number>, { limit, perNote }: FusionOptions): Candidate[] {
  const isGuess = ({ id, cosine }: Candidate) => guessed.has(id) && cosine <= 0;
  candidates.sort((a, b) => Number(isGuess(a)) - Number(isGuess(b)) || b.score - a.score || a.id - b.id);
  const picked: Candidate[] = [];
  const perNoteScores = new Map<number, { best: number; count: number }>();
  for (const candidate of candidates) {
    if (picked.length >= limit) break;
    const note = perNoteScores.get(candidate.noteId);
    if (note === undefined) perNoteScores.set(candidate.noteId, { best: candidate.score, count: 1 });
    else if (note.count >= perNote || candidate.score < note.best * fusion.alike) continue;
    else note.count++;
    picked.push(candidate);
  }
  return picked;
}
