/**
 * Integer dot products of many vectors with one, sixteen dimensions at once: many times as fast as a loop in JavaScript.
 * The program is this, as wat2wasm makes it:
 *
 *     (module
 *       (memory (export "memory") 1 65536)
 *       (func (export "compare") (param $query i32) (param $vector i32) (param $count i32) (param $size i32) (param $out i32)
 *         (local $i i32) (local $sum v128) (local $a v128) (local $b v128)
 *         (block $done
 *           (loop $vectors
 *             (br_if $done (i32.eqz (local.get $count)))
 *             (local.set $sum (v128.const i32x4 0 0 0 0))
 *             (local.set $i (i32.const 0))
 *             (loop $values
 *               (local.set $a (v128.load (i32.add (local.get $query) (local.get $i))))
 *               (local.set $b (v128.load (local.get $vector)))
 *               (local.set $sum (i32x4.add (local.get $sum)
 *                 (i32x4.add
 *                   (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_s (local.get $a)) (i16x8.extend_low_i8x16_s (local.get $b)))
 *                   (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_s (local.get $a)) (i16x8.extend_high_i8x16_s (local.get $b))))))
 *               (local.set $vector (i32.add (local.get $vector) (i32.const 16)))
 *               (local.set $i (i32.add (local.get $i) (i32.const 16)))
 *               (br_if $values (i32.lt_u (local.get $i) (local.get $size))))
 *             (i32.store (local.get $out) (i32.add
 *               (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
 *               (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))
 *             (local.set $out (i32.add (local.get $out) (i32.const 4)))
 *             (local.set $count (i32.sub (local.get $count) (i32.const 1)))
 *             (br $vectors)))))
 */
const program =
  'AGFzbQEAAAABCQFgBX9/f39/AAMCAQAFBgEBAYCABAcUAgZtZW1vcnkCAAdjb21wYXJlAAAKpwEBpAECAX8DewJAA0AgAkUNAf0MAAAAAAAAAAAAAAAA' +
  'AAAAACEGQQAhBQNAIAAgBWr9AAQAIQcgAf0ABAAhCCAGIAf9hwEgCP2HAf26ASAH/YgBIAj9iAH9ugH9rgH9rgEhBiABQRBqIQEgBUEQaiEFIAUgA0kN' +
  'AAsgBCAG/RsAIAb9GwFqIAb9GwIgBv0bA2pqNgIAIARBBGohBCACQQFrIQIMAAsLCw==';

/** Part of the DOM's types, which this project has not. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

interface Program {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  compare(query: number, vector: number, count: number, size: number, out: number): void;
}

const pageBytes = 65_536;
/** How many sums are made at once. */
const batch = 4096;

/** Vectors of eight-bit numbers, one after the other, in memory that the program reaches. */
export class VectorMemory {
  readonly #program: Program;
  /** The size of a vector, up to a multiple of sixteen. */
  readonly #size: number;
  readonly #vectorsAt: number;

  constructor(dimensions: number) {
    this.#size = Math.ceil(dimensions / 16) * 16;
    this.#vectorsAt = batch * 4 + this.#size;
    const compiled = new WebAssembly.Module(Buffer.from(program, 'base64'));
    this.#program = new WebAssembly.Instance(compiled).exports as Program;
  }

  set(at: number, vector: Int8Array): void {
    const from = this.#vectorsAt + at * this.#size;
    const { memory } = this.#program;
    const missing = from + this.#size - memory.buffer.byteLength;
    // By an eighth: what is not used yet costs no memory, but has to be reserved.
    if (missing > 0) memory.grow(Math.ceil((missing + memory.buffer.byteLength / 8) / pageBytes));
    const place = new Int8Array(memory.buffer, from, this.#size);
    place.fill(0);
    place.set(vector);
  }

  /** Returns the vector at a place; what was not set is 0. */
  get(at: number): Int8Array {
    return new Int8Array(this.#program.memory.buffer, this.#vectorsAt + at * this.#size, this.#size);
  }

  move(from: number, to: number): void {
    const at = (place: number) => this.#vectorsAt + place * this.#size;
    new Int8Array(this.#program.memory.buffer).copyWithin(at(to), at(from), at(from + 1));
  }

  /** Calls `visit` with the dot product of each of the first `count` vectors. */
  compare(query: Int8Array, count: number, visit: (at: number, product: number) => void): void {
    const { memory } = this.#program;
    const queryAt = batch * 4;
    new Int8Array(memory.buffer, queryAt, this.#size).fill(0);
    new Int8Array(memory.buffer, queryAt, query.length).set(query);
    const products = new Int32Array(memory.buffer, 0, batch);
    for (let first = 0; first < count; first += batch) {
      const many = Math.min(batch, count - first);
      this.#program.compare(queryAt, this.#vectorsAt + first * this.#size, many, this.#size, 0);
      for (let at = 0; at < many; at++) visit(first + at, products[at] as number);
    }
  }
}
