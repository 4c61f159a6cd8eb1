import { noteOf, sectionId } from './tables.js';
import { VectorMemory } from './vector-memory.js';

const firstCapacity = 1024;
/** In place of the id of a section that was removed. */
const gone = -1;

/** Takes the cosine of a part of a section, which stands at `at`, with a query. */
export type Visit = (id: number, part: number, cosine: number, at: number) => void;

/** The vectors of the notes' sections in memory, eight bits a dimension; cosines with a query go over all of them. */
export class SectionVectors {
  readonly dimensions: number;
  #count = 0;
  readonly #memory: VectorMemory;
  #ids = new Float64Array(firstCapacity);
  #parts = new Uint16Array(firstCapacity);
  /** One over the length of each vector; 0 for one of nothing, or that is gone. */
  #factors = new Float32Array(firstCapacity);
  #gone = 0;
  #empty = 0;
  #changes = 0;
  /** Where each note's vectors begin. */
  readonly #firsts = new Map<number, number>();

  constructor(dimensions: number) {
    this.dimensions = dimensions;
    this.#memory = new VectorMemory(dimensions);
  }

  get size(): number {
    return this.#count - this.#gone - this.#empty;
  }

  /** Below which vectors stand. */
  get places(): number {
    return this.#count;
  }

  /** Differs where vectors were added or removed. */
  get changes(): number {
    return this.#changes;
  }

  /** Where the first of a note's vectors stands, which the others follow; undefined when it has none. */
  placeOf(noteId: number): number | undefined {
    return this.#firsts.get(noteId);
  }

  /** Whether a part of a note has a vector that says something. */
  has(noteId: number, part: number): boolean {
    const first = this.#firsts.get(noteId);
    return first !== undefined && (this.#factors[first + part] as number) > 0;
  }

  /** Puts a note's vectors, one after the other, in place of those it had; `ordinals` names the section of each. */
  put(noteId: number, vectors: Int8Array, ordinals: readonly number[]): void {
    this.remove(noteId);
    this.#makeRoom(ordinals.length);
    this.#changes++;
    if (ordinals.length > 0) this.#firsts.set(noteId, this.#count);
    ordinals.forEach((ordinal, part) => {
      const vector = vectors.subarray(part * this.dimensions, (part + 1) * this.dimensions);
      const at = this.#count++;
      this.#memory.set(at, vector);
      this.#ids[at] = sectionId(noteId, ordinal);
      this.#parts[at] = part;
      let squares = 0;
      for (let dimension = 0; dimension < vector.length; dimension++) squares += (vector[dimension] as number) ** 2;
      const length = Math.sqrt(squares);
      this.#factors[at] = length === 0 ? 0 : 1 / length;
      if (length === 0) this.#empty++;
    });
  }

  remove(noteId: number): void {
    const first = this.#firsts.get(noteId);
    if (first === undefined) return;
    this.#changes++;
    this.#firsts.delete(noteId);
    for (let at = first; at < this.#count && noteOf(this.#ids[at] as number) === noteId; at++) {
      if (this.#factors[at] === 0) this.#empty--;
      this.#factors[at] = 0;
      this.#ids[at] = gone;
      this.#gone++;
    }
  }

  /** Calls `visit` with the cosine of each vector with the query. */
  compare(query: Float32Array, visit: Visit): void {
    const { values, length } = quantise(query);
    if (length === 0) return;
    this.#memory.compare(values, this.#count, (at, product) => {
      const factor = this.#factors[at] as number;
      if (factor > 0) visit(this.#ids[at] as number, this.#parts[at] as number, (product * factor) / length, at);
    });
  }

  /** Returns about `count` of the vectors, evenly spread, of length 1. */
  sample(count: number): Float32Array[] {
    const sample: Float32Array[] = [];
    const step = Math.max(1, Math.floor(this.size / count));
    let passed = 0;
    for (let at = 0; at < this.#count; at++) {
      const factor = this.#factors[at] as number;
      if (factor === 0 || passed++ % step > 0) continue;
      const vector = this.#memory.get(at).subarray(0, this.dimensions);
      sample.push(Float32Array.from(vector, (value) => value * factor));
    }
    return sample;
  }

  #makeRoom(more: number): void {
    if (this.#gone > firstCapacity && this.#gone > this.#count / 4) this.#compact();
    const needed = this.#count + more;
    if (needed <= this.#ids.length) return;
    const capacity = Math.max(needed, Math.ceil(this.#ids.length * 1.25));
    this.#ids = grown(this.#ids, new Float64Array(capacity));
    this.#parts = grown(this.#parts, new Uint16Array(capacity));
    this.#factors = grown(this.#factors, new Float32Array(capacity));
  }

  #compact(): void {
    let to = 0;
    for (let at = 0; at < this.#count; at++) {
      const id = this.#ids[at] as number;
      if (id === gone) continue;
      this.#memory.move(at, to);
      this.#ids[to] = id;
      this.#parts[to] = this.#parts[at] as number;
      this.#factors[to] = this.#factors[at] as number;
      if (this.#parts[to] === 0) this.#firsts.set(noteOf(id), to);
      to++;
    }
    this.#count = to;
    this.#gone = 0;
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Scales a vector to eight bits a dimension. */
export function quantise(vector: Float32Array): { values: Int8Array<ArrayBuffer>; length: number } {
  let largest = 0;
  for (let at = 0; at < vector.length; at++) largest = Math.max(largest, Math.abs(vector[at] as number));
  const values = new Int8Array(vector.length);
  if (largest === 0) return { values, length: 0 };
  let squares = 0;
  for (let at = 0; at < vector.length; at++) {
    const whole = Math.round(((vector[at] as number) / largest) * 127);
    values[at] = whole;
    squares += whole * whole;
  }
  return { values, length: Math.sqrt(squares) };
}
