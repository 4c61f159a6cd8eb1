import type { IndexedNote } from '../note-index.js';
import type { Candidate } from '../rank.js';
import type { Vectors } from './request-vectors.js';

/** The sections of a note that may have a vector. */
export interface EmbeddedNote {
  readonly path: string;
  /** Of the note's bytes that were embedded. */
  readonly hash: string;
  readonly chunks: readonly EmbeddedChunk[];
}

export interface EmbeddedChunk {
  /** Its place among the sections of the note. */
  readonly ordinal: number;
  /** The key of its vector. */
  readonly key: string;
}

export interface StoredVectors {
  readonly dimensions: number;
  readonly vectors: ReadonlyMap<string, Float32Array>;
  readonly notes: readonly EmbeddedNote[];
}

/** 87,000 sections of 768 dimensions; they have to be written within the seconds that a stop may take. */
const maxBytes = 256 * 1024 * 1024;

/** The vectors of notes' sections, each of length 1, in memory; a text that stands in two notes has one. */
export class VectorStore {
  dimensions = 0;
  vectors = new Map<string, Float32Array>();
  notes = new Map<string, EmbeddedNote>();

  constructor(stored?: StoredVectors) {
    if (stored === undefined) return;
    this.dimensions = stored.dimensions;
    this.vectors = new Map(stored.vectors);
    this.notes = new Map(stored.notes.map((note) => [note.path, note]));
  }

  /** True when no more vectors are taken. */
  get isFull(): boolean {
    return this.vectors.size * this.dimensions * 4 >= maxBytes;
  }

  /** Adds vectors; false, and nothing is changed, when they differ in length from those that are there. */
  add(keys: readonly string[], { dimensions, values }: Vectors): boolean {
    if (this.dimensions !== 0 && this.dimensions !== dimensions) return false;
    this.dimensions = dimensions;
    keys.forEach((key, at) => {
      this.vectors.set(key, values.slice(at * dimensions, (at + 1) * dimensions));
    });
    return true;
  }

  /** Forgets the notes that are not in `notes`, and the vectors that no note has any more; true if there were any. */
  prune(notes: ReadonlyMap<string, IndexedNote>): boolean {
    const before = this.notes.size + this.vectors.size;
    const kept = new Set<string>();
    for (const { path, chunks } of this.notes.values()) {
      if (!notes.has(path)) this.notes.delete(path);
      else for (const { key } of chunks) kept.add(key);
    }
    for (const key of this.vectors.keys()) if (!kept.has(key)) this.vectors.delete(key);
    if (this.vectors.size === 0) this.dimensions = 0;
    return this.notes.size + this.vectors.size < before;
  }

  /**
   * Returns the notes with the sections nearest to a query by cosine, best first, one a note; undefined when its vector
   * cannot be compared. A note that changed since it was embedded is left out.
   */
  nearest(
    query: Float32Array,
    notes: ReadonlyMap<string, IndexedNote>,
    isAllowed: (note: IndexedNote) => boolean,
    limit: number,
  ): Candidate[] | undefined {
    if (query.length !== this.dimensions) return undefined;
    const found: Candidate[] = [];
    for (const { path, hash, chunks } of this.notes.values()) {
      const note = notes.get(path);
      if (note === undefined || note.hash !== hash || !isAllowed(note)) continue;
      let best: Candidate | undefined;
      for (const { ordinal, key } of chunks) {
        const vector = this.vectors.get(key);
        const score = vector === undefined ? 0 : dot(query, vector);
        if (score > (best?.score ?? 0)) best = { path, ordinal, score };
      }
      if (best !== undefined) found.push(best);
    }
    return found.sort((a, b) => b.score - a.score).slice(0, limit);
  }
}

/** Four sums side by side: one alone waits for each addition before the next. */
function dot(a: Float32Array, b: Float32Array): number {
  const whole = a.length & ~3;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let at = 0; at < whole; at += 4) {
    s0 += (a[at] as number) * (b[at] as number);
    s1 += (a[at + 1] as number) * (b[at + 1] as number);
    s2 += (a[at + 2] as number) * (b[at + 2] as number);
    s3 += (a[at + 3] as number) * (b[at + 3] as number);
  }
  for (let at = whole; at < a.length; at++) s0 += (a[at] as number) * (b[at] as number);
  return s0 + s1 + s2 + s3;
}
