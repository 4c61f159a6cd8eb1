import { analyse, fold } from './analyser.js';
import { fieldCount, type IndexedNote, type NoteIndex, perChunk } from './note-index.js';
import type { SearchQuery } from './search.js';
import { findSimilarTerms } from './similar-terms.js';

/** The best chunk of a note that matches a query. */
export interface Candidate {
  readonly path: string;
  /** Its place among the sections of the note. */
  readonly ordinal: number;
  readonly score: number;
}

export interface Ranking {
  /** Best first, one a note. */
  readonly candidates: readonly Candidate[];
  /** The index's terms that were looked for; they are what to show in a passage. */
  readonly terms: readonly string[];
  /** True when nearness of meaning counted too. */
  readonly isByMeaning?: boolean;
}

/** One term to look for. */
interface Wanted {
  readonly id: number;
  readonly term: string;
  readonly weight: number;
}

/** BM25F (Robertson and Zaragoza, 2009): how much a word counts in body, title, headings and tags, … */
export const tuning = {
  fieldWeights: [1, 3, 2, 3],
  /** … how much a field's length counts against it, … */
  lengthPenalties: [0.75, 0.5, 0.75, 0.5],
  /** … and how soon a repeated word counts no more. */
  saturation: 1.6,
  /** A note is found by all its sections together; the best section adds this share of its own score. */
  bestChunkShare: 1.5,
  exactWeight: 0.2,
};

/** More text than this is no query. */
const maxQueryLength = 2000;

/** Fewer notes than this is little; then words that only resemble the query's count too. */
const fewNotes = 3;

/** Finds the notes for a query in English or Spanish; a word that no note has is replaced by those most like it. */
export function rank(index: NoteIndex, query: SearchQuery): Ranking {
  const isAllowed = noteFilter(query);
  const strict = wantedTerms(index, query.text, false);
  const found = rankTerms(index, strict, query.limit, isAllowed);
  if (found.length >= Math.min(fewNotes, query.limit)) return { candidates: found, terms: strict.map((w) => w.term) };
  const loose = wantedTerms(index, query.text, true);
  return { candidates: rankTerms(index, loose, query.limit, isAllowed), terms: loose.map((w) => w.term) };
}

function wantedTerms(index: NoteIndex, text: string, isLoose: boolean): Wanted[] {
  const words = analyse(text.slice(0, maxQueryLength));
  const telling = words.filter((word) => !word.isStopWord);
  const weights = new Map<string, number>();
  const raise = (term: string, weight: number) => weights.set(term, Math.max(weight, weights.get(term) ?? 0));
  for (const { term, exact } of telling.length > 0 ? telling : words) {
    const isKnown = index.postings.ids.has(term);
    if (isKnown) raise(term, 1);
    if (exact !== undefined) raise(exact, tuning.exactWeight);
    if (!isKnown || isLoose)
      for (const similar of findSimilarTerms(index.postings, term)) raise(similar.term, similar.weight);
  }
  return [...weights].flatMap(([term, weight]) => {
    const id = index.postings.ids.get(term);
    return id === undefined ? [] : [{ id, term, weight }];
  });
}

function rankTerms(
  index: NoteIndex,
  wanted: readonly Wanted[],
  limit: number,
  isAllowed: (note: IndexedNote) => boolean,
): Candidate[] {
  const noteScores = new Map<IndexedNote, number>();
  const chunkScores = new Float32Array(index.chunkLimit);
  const chunkAverages = averageLengths(index, index.chunks);
  const noteAverages = averageLengths(index, index.notes.size);
  const frequencies = new Float64Array(fieldCount);
  const chunkFrequencies = new Float64Array(fieldCount);
  for (const { id, weight } of wanted) {
    const rarity = weight * inverseFrequency(index.postings.size(id), index.chunks);
    let note: IndexedNote | undefined;
    const settle = () => {
      if (note === undefined) return;
      const score = rarity * saturate(weigh(frequencies, note.lengths, 0, noteAverages));
      noteScores.set(note, (noteScores.get(note) ?? 0) + score);
    };
    index.postings.visit(id, (chunk, packed) => {
      const owner = index.noteOf(chunk);
      if (owner === undefined) return;
      if (owner !== note) {
        settle();
        note = owner;
        frequencies.fill(0);
      }
      for (let field = 0; field < fieldCount; field++) {
        const frequency = (packed >>> (8 * field)) & 255;
        chunkFrequencies[field] = frequency;
        frequencies[field] = perChunk[field] ? (frequencies[field] ?? 0) + frequency : frequency;
      }
      const own = rarity * saturate(weigh(chunkFrequencies, index.lengths, chunk * fieldCount, chunkAverages));
      chunkScores[chunk] = (chunkScores[chunk] ?? 0) + own;
    });
    settle();
  }
  return best(index, noteScores, chunkScores, limit, isAllowed);
}

function averageLengths(index: NoteIndex, documents: number): number[] {
  return [...index.totals].map((total, field) => {
    const among = perChunk[field] ? documents : index.chunks;
    return Math.max(1, total / Math.max(1, among));
  });
}

function inverseFrequency(withTerm: number, documents: number): number {
  return Math.log(1 + (Math.max(documents, withTerm) - withTerm + 0.5) / (withTerm + 0.5));
}

function saturate(frequency: number): number {
  return frequency / (frequency + tuning.saturation);
}

function weigh(
  frequencies: Float64Array,
  lengths: ArrayLike<number>,
  lengthsAt: number,
  averages: readonly number[],
): number {
  let sum = 0;
  for (let field = 0; field < fieldCount; field++) {
    const frequency = frequencies[field] ?? 0;
    if (frequency === 0) continue;
    const penalty = tuning.lengthPenalties[field] ?? 0;
    const relative = (lengths[lengthsAt + field] ?? 0) / (averages[field] ?? 1);
    sum += ((tuning.fieldWeights[field] ?? 1) * frequency) / (1 - penalty + penalty * relative);
  }
  return sum;
}

function best(
  index: NoteIndex,
  noteScores: ReadonlyMap<IndexedNote, number>,
  chunkScores: Float32Array,
  limit: number,
  isAllowed: (note: IndexedNote) => boolean,
): Candidate[] {
  const top: Candidate[] = [];
  for (const [note, noteScore] of noteScores) {
    if (!isAllowed(note)) continue;
    let bestChunk = note.firstChunk;
    for (let chunk = note.firstChunk; chunk < note.firstChunk + note.chunks; chunk++) {
      if ((chunkScores[chunk] ?? 0) > (chunkScores[bestChunk] ?? 0)) bestChunk = chunk;
    }
    const score = noteScore + tuning.bestChunkShare * (chunkScores[bestChunk] ?? 0);
    if (top.length === limit && score <= (top.at(-1)?.score ?? 0)) continue;
    const place = top.findIndex((other) => other.score < score);
    top.splice(place === -1 ? top.length : place, 0, {
      path: note.path,
      ordinal: index.ordinals[bestChunk] ?? 0,
      score,
    });
    if (top.length > limit) top.pop();
  }
  return top;
}

/** Tells the notes that a query's folder, tag and status let through. */
export function noteFilter(query: SearchQuery): (note: IndexedNote) => boolean {
  const folder = query.folder?.normalize('NFC').replace(/^\/+|\/+$/g, '');
  return (note) =>
    (folder === undefined || folder === '' || note.path.normalize('NFC').startsWith(`${folder}/`)) &&
    (query.status === undefined || note.status === query.status) &&
    (query.tag === undefined || hasTag(note.tags, query.tag));
}

/** True if one of `tags` is `wanted` or lies below it (`project/alpha` below `project`), whatever the case and accents. */
export function hasTag(tags: readonly string[], wanted: string): boolean {
  const folded = fold(wanted.replace(/^#|\/+$/g, ''));
  return tags.some((tag) => `${fold(tag)}/`.startsWith(`${folded}/`));
}
