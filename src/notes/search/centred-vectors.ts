import { SectionVectors, type Visit } from './section-vectors.js';

/** So many vectors say what all of them have in common. */
const sampleSize = 300;
/** In a vault of so few sections, half of what they have in common is taken for what they are about. */
const fewSections = 10;
const rounds = 8;

/**
 * The vectors of a model, which lie close together. Cosines are those from their middle: all have much in common that says
 * nothing. Nor does the direction in which they differ most, which in notes of two languages is the language: it counts by half.
 */
export class CentredVectors extends SectionVectors {
  #changes = -1;
  #middle = new Float32Array();
  #direction: Float32Array = new Float32Array();
  /** What is taken from the square of a length along the direction. */
  #taken = 0;
  /** Of each vector, from the middle. */
  #lengths = new Float32Array();

  override compare(query: Float32Array, visit: Visit): void {
    if (this.changes !== this.#changes) this.#look();
    const queryLength = lengthOf(query);
    if (queryLength === 0) return;
    const from = query.map((value, at) => value / queryLength - (this.#middle[at] as number));
    const along = dot(from, this.#direction) * this.#taken;
    const turned = from.map((value, at) => value - along * (this.#direction[at] as number));
    const length = Math.sqrt(dot(from, turned));
    const size = lengthOf(turned);
    const offset = dot(turned, this.#middle);
    super.compare(turned, (id, part, cosine, at) => {
      visit(id, part, (cosine * size - offset) / (length * (this.#lengths[at] as number)), at);
    });
  }

  #look(): void {
    const sample = this.sample(sampleSize);
    const mean = new Float32Array(this.dimensions);
    for (const vector of sample) add(mean, vector, 1 / sample.length);
    const direction = mainDirection(sample.map((vector) => add(vector, mean, -1)));
    const share = sample.length / (sample.length + fewSections);
    const middle = mean.map((value) => value * share);
    const taken = 1 - (1 - share / 2) ** 2;
    const squares = dot(middle, middle);
    const lengths = new Float32Array(this.places).fill(1 + squares);
    super.compare(middle, (_id, _part, cosine, at) => {
      lengths[at] = (lengths[at] as number) - 2 * cosine * Math.sqrt(squares);
    });
    const along = dot(middle, direction);
    super.compare(direction, (_id, _part, cosine, at) => {
      lengths[at] = (lengths[at] as number) - taken * (cosine - along) ** 2;
    });
    this.#middle = middle;
    this.#direction = direction;
    this.#taken = taken;
    this.#lengths = lengths.map((square) => Math.sqrt(Math.max(square, 1e-6)));
    this.#changes = this.changes;
  }
}

/** The direction in which vectors differ most, by power iteration; its length is 1, or 0 where they do not differ. */
function mainDirection(vectors: readonly Float32Array[]): Float32Array {
  let direction = Float32Array.from(vectors[0] ?? []);
  for (let round = 0; round < rounds; round++) {
    const next = new Float32Array(direction.length);
    for (const vector of vectors) add(next, vector, dot(vector, direction));
    const length = lengthOf(next);
    direction = length === 0 ? next : next.map((value) => value / length);
  }
  return direction;
}

/** Adds a vector, `weight` times, to the first one, which it returns. */
function add(sum: Float32Array, vector: Float32Array, weight: number): Float32Array {
  for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + weight * (vector[at] as number);
  return sum;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] as number) * (b[at] as number);
  return sum;
}

function lengthOf(vector: Float32Array): number {
  return Math.sqrt(dot(vector, vector));
}
