import type { NoteMetadata } from '../vault/vault.js';
import { analyse } from './analyser.js';
import { splitChunks } from './chunks.js';
import { grown, type Numbers, Postings, type StoredPostings } from './postings.js';

/** A note as it comes from the vault. */
export interface NoteToIndex {
  readonly path: string;
  readonly text: string;
  readonly title: string;
  readonly status: NoteMetadata['status'];
  readonly tags: readonly string[];
  readonly size: number;
  readonly modifiedMs: number;
  readonly hash: string;
}

/** What the index remembers of a note beside its words. */
export interface IndexedNote {
  readonly path: string;
  readonly status: NoteMetadata['status'] | null;
  readonly tags: readonly string[];
  readonly size: number;
  readonly modifiedMs: number;
  readonly hash: string;
  /** When it was read, in ms since the epoch. */
  readonly indexedMs: number;
  /** Its chunks are numbered one after the other from here. */
  readonly firstChunk: number;
  readonly chunks: number;
  /** Words in body, title, headings and tags of the whole note. */
  readonly lengths: readonly number[];
}

export interface StoredIndex {
  readonly notes: readonly IndexedNote[];
  /** Each chunk's place among the sections of its note. */
  readonly ordinals: Numbers;
  /** Words in body, title, headings and tags of each chunk, by four. */
  readonly lengths: Numbers;
  readonly postings: StoredPostings;
}

export const fieldCount = 4;
/** Which of the fields differ from chunk to chunk. */
export const perChunk = [true, false, true, false];
const maxFrequency = 255;
const noNote = 0xffffffff;

/** Inverted index over the chunks of all notes, in memory; a replaced note's old chunks go at the next compaction. */
export class NoteIndex {
  postings = new Postings();
  notes = new Map<string, IndexedNote>();
  /** Live chunks. */
  chunks = 0;
  /** Words in each field over all live chunks. */
  totals = new Float64Array(fieldCount);
  lengths = new Uint32Array(0);
  ordinals = new Uint32Array(0);
  #noteOfChunk = new Uint32Array(0);
  #noteNumbers: (IndexedNote | undefined)[] = [];
  #nextChunk = 0;

  constructor(stored?: StoredIndex) {
    if (stored !== undefined) this.#load(stored);
  }

  /** Adds a note, or replaces what it had; one with the same hash keeps its words. */
  put(note: NoteToIndex, nowMs: number): void {
    const old = this.notes.get(note.path);
    if (old !== undefined) this.remove(note.path);
    const titleWords = analyse(`${note.title} ${note.path.replace(/\.md$/i, '').replaceAll(/[/_-]/g, ' ')}`);
    const tagWords = analyse(note.tags.join(' '));
    const chunks = splitChunks(note.text);
    const number = this.#noteNumbers.length;
    const firstChunk = this.#nextChunk;
    for (const chunk of chunks) {
      const headings = analyse([chunk.heading, ...chunk.subheadings].join(' '));
      const body = analyse(chunk.lines.join('\n'));
      this.#addChunk(number, chunk.ordinal, [body, titleWords, headings, tagWords]);
    }
    const indexed: IndexedNote = {
      path: note.path,
      status: note.status ?? null,
      tags: note.tags,
      size: note.size,
      modifiedMs: note.modifiedMs,
      hash: note.hash,
      indexedMs: nowMs,
      firstChunk,
      chunks: chunks.length,
      lengths: this.#noteLengths(firstChunk, chunks.length),
    };
    this.notes.set(note.path, indexed);
    this.#noteNumbers.push(indexed);
    this.#compactWhenWorthIt();
  }

  /** Remembers that a note's file was touched but its text is the same. */
  touch(note: NoteToIndex, nowMs: number): void {
    const old = this.notes.get(note.path);
    if (old === undefined) return;
    const number = old.chunks > 0 ? (this.#noteOfChunk[old.firstChunk] ?? noNote) : this.#noteNumbers.indexOf(old);
    const touched = { ...old, size: note.size, modifiedMs: note.modifiedMs, indexedMs: nowMs };
    this.notes.set(note.path, touched);
    this.#noteNumbers[number] = touched;
  }

  remove(path: string): void {
    const note = this.notes.get(path);
    if (note === undefined) return;
    this.notes.delete(path);
    this.chunks -= note.chunks;
    for (let chunk = note.firstChunk; chunk < note.firstChunk + note.chunks; chunk++) {
      this.#noteNumbers[this.#noteOfChunk[chunk] ?? noNote] = undefined;
      this.#noteOfChunk[chunk] = noNote;
      for (let field = 0; field < fieldCount; field++) {
        this.totals[field] = (this.totals[field] ?? 0) - (this.lengths[chunk * fieldCount + field] ?? 0);
      }
    }
  }

  /** The note that a chunk belongs to; undefined when the chunk is gone. */
  noteOf(chunk: number): IndexedNote | undefined {
    return this.#noteNumbers[this.#noteOfChunk[chunk] ?? noNote];
  }

  /** Chunk numbers are below this. */
  get chunkLimit(): number {
    return this.#nextChunk;
  }

  /** Gives back the room of removed chunks and of runs that outgrew theirs. */
  compact(): void {
    this.#load(this.toStored());
  }

  /** Returns the index as flat arrays, without what was removed. */
  toStored(): StoredIndex {
    const renumbered = new Uint32Array(this.#nextChunk).fill(noNote);
    const ordinals = new Uint32Array(this.chunks);
    const lengths = new Uint32Array(this.chunks * fieldCount);
    let next = 0;
    const inOrder = [...this.notes.values()].sort((a, b) => a.firstChunk - b.firstChunk);
    const notes = inOrder.map((note) => {
      const firstChunk = next;
      for (let chunk = note.firstChunk; chunk < note.firstChunk + note.chunks; chunk++) {
        renumbered[chunk] = next;
        ordinals[next] = this.ordinals[chunk] ?? 0;
        lengths.set(this.lengths.subarray(chunk * fieldCount, (chunk + 1) * fieldCount), next * fieldCount);
        next++;
      }
      return { ...note, firstChunk };
    });
    const postings = this.postings.compacted((chunk) => {
      const number = renumbered[chunk];
      return number === noNote ? undefined : number;
    });
    return { notes, ordinals, lengths, postings: postings.toStored() };
  }

  #compactWhenWorthIt(): void {
    if (this.#nextChunk > this.chunks * 1.3 + 2000) this.compact();
  }

  /** Title and tags stand in every chunk but count once. */
  #noteLengths(firstChunk: number, chunks: number): number[] {
    return Array.from({ length: fieldCount }, (_, field) => {
      let sum = 0;
      for (let chunk = firstChunk; chunk < firstChunk + chunks; chunk++) {
        const length = this.lengths[chunk * fieldCount + field] ?? 0;
        sum = perChunk[field] ? sum + length : length;
      }
      return sum;
    });
  }

  #addChunk(note: number, ordinal: number, fields: readonly ReturnType<typeof analyse>[]): void {
    const chunk = this.#nextChunk++;
    this.chunks++;
    this.#noteOfChunk = grown(this.#noteOfChunk, chunk + 1);
    this.ordinals = grown(this.ordinals, chunk + 1);
    this.lengths = grown(this.lengths, (chunk + 1) * fieldCount);
    this.#noteOfChunk[chunk] = note;
    this.ordinals[chunk] = ordinal;
    const frequencies = new Map<string, number>();
    fields.forEach((words, field) => {
      const isBody = field === 0;
      const shift = 8 * field;
      let length = 0;
      for (const word of words) {
        if (isBody && word.isStopWord) continue;
        length++;
        count(frequencies, word.term, shift);
        if (word.exact !== undefined) count(frequencies, word.exact, shift);
      }
      this.lengths[chunk * fieldCount + field] = length;
      this.totals[field] = (this.totals[field] ?? 0) + length;
    });
    for (const [term, packed] of frequencies) this.postings.add(term, chunk, packed);
  }

  #load(stored: StoredIndex): void {
    this.postings = new Postings(stored.postings);
    this.notes = new Map(stored.notes.map((note) => [note.path, note]));
    this.#noteNumbers = [...stored.notes];
    this.chunks = stored.ordinals.length;
    this.#nextChunk = this.chunks;
    this.ordinals = stored.ordinals;
    this.lengths = stored.lengths;
    this.#noteOfChunk = new Uint32Array(this.chunks);
    stored.notes.forEach((note, number) => {
      this.#noteOfChunk.fill(number, note.firstChunk, note.firstChunk + note.chunks);
    });
    this.totals = new Float64Array(fieldCount);
    this.lengths.forEach((length, at) => {
      this.totals[at % fieldCount] = (this.totals[at % fieldCount] ?? 0) + length;
    });
  }
}

/** Four frequencies of a term in a chunk, a byte each from the lowest: body, title, headings, tags. */
function count(frequencies: Map<string, number>, term: string, shift: number): void {
  const packed = frequencies.get(term) ?? 0;
  if (((packed >>> shift) & maxFrequency) < maxFrequency) frequencies.set(term, (packed + 2 ** shift) >>> 0);
}
