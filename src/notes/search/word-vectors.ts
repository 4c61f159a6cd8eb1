import { readFileSync } from 'node:fs';
import { VaultMcpError } from '../../errors.js';

/**
 * The built-in word vectors, four bits a dimension, already weighed by how rare a word is in the language. The file, made
 * by models/make_word_vectors.py: a line of JSON, then the words' hashes in ascending order (uint32), their scales (a byte
 * each, logarithmic) and their dimensions (two a byte, the first in the low half, 8 for zero), little-endian.
 */
export interface WordVectors {
  readonly dimensions: number;
  /** Differs where the vectors differ. */
  readonly version: string;
  has(folded: string): boolean;
  /** Adds a word's vector, `weight` times, to `sum`; false when the word, its plural and its singular are unknown. */
  add(sum: Float32Array, folded: string, weight: number): boolean;
}

interface Header {
  readonly format: 1;
  readonly version: string;
  readonly words: number;
  readonly dimensions: number;
  /** A scale is this to the power of its byte, times `least`. */
  readonly base: number;
  readonly least: number;
}

export const tablePath = new URL('../../../../models/word-vectors.bin', import.meta.url);

/** Reads the table; throws a VaultMcpError when it is not as the script makes it. */
export function loadWordVectors(path: URL | string = tablePath): WordVectors {
  const bytes = readFileSync(path);
  const line = bytes.indexOf('\n') + 1;
  const header = JSON.parse(bytes.toString('utf8', 0, line)) as Header;
  const { words, dimensions, base, least } = header;
  const half = dimensions / 2;
  if (header.format !== 1 || bytes.length !== line + words * (5 + half)) {
    throw new VaultMcpError('bad_word_vectors', `${String(path)} is not a table of word vectors`);
  }
  const hashes = new Uint32Array(bytes.buffer.slice(bytes.byteOffset + line, bytes.byteOffset + line + words * 4));
  const scalesAt = line + words * 4;
  const rowsAt = scalesAt + words;
  const places = hashTable(hashes);
  const scales = Float64Array.from({ length: 256 }, (_, step) => least * base ** step);

  function placeOf(word: string): number {
    const hash = hashOf(word);
    for (let at = hash & (places.length - 1); places[at] !== -1; at = (at + 1) & (places.length - 1)) {
      const place = places[at] as number;
      if (hashes[place] === hash) return place;
    }
    return -1;
  }

  function find(word: string): number {
    const place = placeOf(word);
    if (place >= 0 || word.length < 3) return place;
    if (!word.endsWith('s')) return placeOf(`${word}s`);
    const singular = placeOf(word.slice(0, -1));
    return singular < 0 && word.endsWith('es') ? placeOf(word.slice(0, -2)) : singular;
  }

  return {
    dimensions,
    version: header.version,
    has: (folded) => find(folded) >= 0,
    add(sum, folded, weight) {
      const place = find(folded);
      if (place < 0) return false;
      const scale = weight * (scales[bytes[scalesAt + place] as number] as number);
      for (let at = 0, from = rowsAt + place * half; at < dimensions; at += 2, from++) {
        const two = bytes[from] as number;
        sum[at] = (sum[at] as number) + scale * ((two & 15) - 8);
        sum[at + 1] = (sum[at + 1] as number) + scale * ((two >> 4) - 8);
      }
      return true;
    },
  };
}

/** Open addressing, at most half full. */
function hashTable(hashes: Uint32Array): Int32Array {
  const places = new Int32Array(2 ** Math.ceil(Math.log2(hashes.length * 2 + 2))).fill(-1);
  hashes.forEach((hash, place) => {
    let at = hash & (places.length - 1);
    while (places[at] !== -1) at = (at + 1) & (places.length - 1);
    places[at] = place;
  });
  return places;
}

/** FNV-1a over UTF-16 units. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
