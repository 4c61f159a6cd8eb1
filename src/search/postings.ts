/** Numbers in memory of our own, not shared with another thread. */
export type Numbers = Uint32Array<ArrayBuffer>;
export type Bytes = Uint8Array<ArrayBuffer>;

export interface StoredPostings {
  readonly terms: readonly string[];
  /** How many chunks each term is in. */
  readonly counts: Numbers;
  /** How many bytes each term's run has. */
  readonly lengths: Numbers;
  /** The terms' runs one after the other. */
  readonly pool: Bytes;
}

/** The most bytes that one posting takes: two numbers of 7 bits a byte. */
const maxPostingBytes = 10;
const unknown = 0xffffffff;

/**
 * For each term the chunks that it is in, ascending, since chunks are only ever appended, with four frequencies of a byte
 * each (`packed`). All in one pool of bytes, some 2.5 a posting, that is kept on disk as it is: the distance to the chunk
 * before, doubled, and one more unless the term is once in the body and nowhere else, which is most of them.
 */
export class Postings {
  readonly ids = new Map<string, number>();
  #pool: Bytes;
  #poolEnd: number;
  #start: Numbers;
  #length: Numbers;
  #capacity: Numbers;
  #count: Numbers;
  /** The last chunk of each run; unknown for a run from disk until something is added to it. */
  #last: Numbers;

  constructor(stored?: StoredPostings) {
    for (const term of stored?.terms ?? []) this.ids.set(term, this.ids.size);
    this.#pool = stored?.pool ?? new Uint8Array(0);
    this.#poolEnd = this.#pool.length;
    this.#count = stored?.counts ?? new Uint32Array(0);
    this.#length = stored?.lengths ?? new Uint32Array(0);
    this.#capacity = this.#length.slice();
    this.#last = new Uint32Array(this.#length.length).fill(unknown);
    this.#start = new Uint32Array(this.#length.length);
    let at = 0;
    this.#length.forEach((length, id) => {
      this.#start[id] = at;
      at += length;
    });
  }

  /** Adds a chunk, of a higher number than all before, to a term. */
  add(term: string, chunk: number, packed: number): void {
    const id = this.ids.get(term) ?? this.#addTerm(term);
    const length = this.#length[id] ?? 0;
    if (length + maxPostingBytes > (this.#capacity[id] ?? 0)) this.#move(id, length);
    if (this.#last[id] === unknown) this.#findLast(id);
    const distance = chunk - (this.#last[id] ?? 0);
    let at = (this.#start[id] ?? 0) + length;
    if (packed === 1) at = this.#writeNumber(at, distance * 2);
    else at = this.#writeNumber(this.#writeNumber(at, distance * 2 + 1), packed);
    this.#length[id] = at - (this.#start[id] ?? 0);
    this.#last[id] = chunk;
    this.#count[id] = (this.#count[id] ?? 0) + 1;
  }

  /** Visits a term's chunks, ascending. */
  visit(id: number, visitor: (chunk: number, packed: number) => void): void {
    const pool = this.#pool;
    let at = this.#start[id] ?? 0;
    const end = at + (this.#length[id] ?? 0);
    let chunk = 0;
    while (at < end) {
      let byte = pool[at++] ?? 0;
      let value = byte & 127;
      for (let shift = 7; byte > 127; shift += 7) {
        byte = pool[at++] ?? 0;
        value |= (byte & 127) << shift;
      }
      chunk += value >>> 1;
      let packed = 1;
      if ((value & 1) === 1) {
        byte = pool[at++] ?? 0;
        packed = byte & 127;
        for (let shift = 7; byte > 127; shift += 7) {
          byte = pool[at++] ?? 0;
          packed |= (byte & 127) << shift;
        }
        packed >>>= 0;
      }
      visitor(chunk, packed);
    }
  }

  /** How many chunks a term is in, removed ones counted until the next compaction. */
  size(id: number): number {
    return this.#count[id] ?? 0;
  }

  /** Returns the postings with each chunk renumbered in the same order, those that `renumber` gives no number left out. */
  compacted(renumber: (chunk: number) => number | undefined): Postings {
    const result = new Postings();
    for (const [term, id] of this.ids) {
      this.visit(id, (chunk, packed) => {
        const number = renumber(chunk);
        if (number !== undefined) result.add(term, number, packed);
      });
      result.#closeGap();
    }
    return result;
  }

  /** The postings as flat arrays; only what `compacted` returned has no gaps between its runs. */
  toStored(): StoredPostings {
    const terms = this.ids.size;
    return {
      terms: [...this.ids.keys()],
      counts: this.#count.slice(0, terms),
      lengths: this.#length.slice(0, terms),
      pool: this.#pool.slice(0, this.#poolEnd),
    };
  }

  #addTerm(term: string): number {
    const id = this.ids.size;
    this.ids.set(term, id);
    this.#start = grown(this.#start, id + 1);
    this.#length = grown(this.#length, id + 1);
    this.#capacity = grown(this.#capacity, id + 1);
    this.#count = grown(this.#count, id + 1);
    this.#last = grown(this.#last, id + 1);
    return id;
  }

  #writeNumber(at: number, number: number): number {
    let next = at;
    let rest = number >>> 0;
    while (rest > 127) {
      this.#pool[next++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#pool[next++] = rest;
    return next;
  }

  #findLast(id: number): void {
    let last = 0;
    this.visit(id, (chunk) => {
      last = chunk;
    });
    this.#last[id] = last;
  }

  /** Moves a run to the pool's end, or lets it grow if it is there, with room for more. */
  #move(id: number, length: number): void {
    const start = this.#start[id] ?? 0;
    const isLast = start + (this.#capacity[id] ?? 0) === this.#poolEnd;
    const capacity = Math.ceil(length * 1.5) + maxPostingBytes;
    const newStart = isLast ? start : this.#poolEnd;
    this.#poolEnd = newStart + capacity;
    if (this.#poolEnd > this.#pool.length) {
      const larger = new Uint8Array(Math.max(2 ** 16, Math.ceil(this.#poolEnd * 1.3)));
      larger.set(this.#pool);
      this.#pool = larger;
    }
    if (!isLast) this.#pool.copyWithin(newStart, start, start + length);
    this.#start[id] = newStart;
    this.#capacity[id] = capacity;
  }

  /** Takes back the room that the last run did not need. */
  #closeGap(): void {
    const id = this.ids.size - 1;
    const length = this.#length[id];
    if (length === undefined) return;
    this.#capacity[id] = length;
    this.#poolEnd = (this.#start[id] ?? 0) + length;
  }
}

/** Returns `array`, or a larger copy, with room for `length` elements. */
export function grown(array: Numbers, length: number): Numbers {
  if (length <= array.length) return array;
  const larger = new Uint32Array(Math.max(1024, length, Math.ceil(array.length * 1.5)));
  larger.set(array);
  return larger;
}
