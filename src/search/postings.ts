/** Numbers in memory of our own, not shared with another thread. */
export type Numbers = Uint32Array<ArrayBuffer>;

/**
 * Term postings in one growing pool: for each term a run of pairs (chunk, packed term frequencies), in ascending chunk
 * order, because chunks are only ever appended. Flat arrays, as they cost 8 bytes a pair and are read from disk as they are.
 */
export class Postings {
  readonly ids: Map<string, number>;
  #pool: Numbers;
  #poolEnd: number;
  #start: Numbers;
  #pairs: Numbers;
  #capacity: Numbers;

  constructor(stored: StoredPostings = emptyPostings) {
    this.ids = new Map();
    for (const term of stored.terms) this.ids.set(term, this.ids.size);
    this.#pool = stored.pool;
    this.#poolEnd = stored.pool.length;
    this.#pairs = stored.pairs;
    this.#capacity = stored.pairs.slice();
    this.#start = new Uint32Array(stored.pairs.length);
    let at = 0;
    stored.pairs.forEach((pairs, id) => {
      this.#start[id] = at;
      at += pairs * 2;
    });
  }

  /** Appends one chunk to a term's run. */
  add(term: string, chunk: number, packed: number): void {
    let id = this.ids.get(term);
    if (id === undefined) {
      id = this.ids.size;
      this.ids.set(term, id);
      this.#start = grown(this.#start, id + 1);
      this.#pairs = grown(this.#pairs, id + 1);
      this.#capacity = grown(this.#capacity, id + 1);
    }
    const pairs = this.#pairs[id] ?? 0;
    if (pairs === this.#capacity[id]) this.#move(id, pairs);
    const at = (this.#start[id] ?? 0) + pairs * 2;
    this.#pool[at] = chunk;
    this.#pool[at + 1] = packed;
    this.#pairs[id] = pairs + 1;
  }

  /** The term's run as a view, [chunk, packed, chunk, packed, …]; valid until the next `add`. */
  run(id: number): Numbers {
    const start = this.#start[id] ?? 0;
    return this.#pool.subarray(start, start + (this.#pairs[id] ?? 0) * 2);
  }

  /** How many chunks a term's run has, removed ones counted until the next compaction. */
  size(id: number): number {
    return this.#pairs[id] ?? 0;
  }

  /** Returns the postings as stored: each chunk renumbered, those that `renumber` gives no number left out. */
  compacted(renumber: (chunk: number) => number | undefined): StoredPostings {
    const terms: string[] = [];
    const counts: number[] = [];
    const total = this.#pairs.reduce((sum, pairs) => sum + pairs, 0);
    const pool = new Uint32Array(total * 2);
    let end = 0;
    for (const [term, id] of this.ids) {
      const begin = end;
      const run = this.run(id);
      for (let at = 0; at < run.length; at += 2) {
        const chunk = renumber(run[at] ?? 0);
        if (chunk === undefined) continue;
        pool[end] = chunk;
        pool[end + 1] = run[at + 1] ?? 0;
        end += 2;
      }
      if (end === begin) continue;
      terms.push(term);
      counts.push((end - begin) / 2);
    }
    return { terms, pairs: Uint32Array.from(counts), pool: pool.slice(0, end) };
  }

  #move(id: number, pairs: number): void {
    const capacity = pairs < 4 ? pairs + 2 : Math.ceil(pairs * 1.5);
    this.#pool = grown(this.#pool, this.#poolEnd + capacity * 2);
    const start = this.#start[id] ?? 0;
    this.#pool.copyWithin(this.#poolEnd, start, start + pairs * 2);
    this.#start[id] = this.#poolEnd;
    this.#capacity[id] = capacity;
    this.#poolEnd += capacity * 2;
  }
}

export interface StoredPostings {
  readonly terms: readonly string[];
  /** How many pairs each term has. */
  readonly pairs: Numbers;
  /** The terms' runs one after the other. */
  readonly pool: Numbers;
}

export const emptyPostings: StoredPostings = { terms: [], pairs: new Uint32Array(0), pool: new Uint32Array(0) };

/** Returns `array`, or a larger copy, with room for `length` elements. */
export function grown(array: Numbers, length: number): Numbers {
  if (length <= array.length) return array;
  const larger = new Uint32Array(Math.max(1024, length, Math.ceil(array.length * 1.5)));
  larger.set(array);
  return larger;
}
