import { analyse } from './analyser.js';
import type { NoteText } from './note-parts.js';
import { quantise } from './section-vectors.js';
import type { WordVectors } from './word-vectors.js';

/** How much a word counts outside the text, as often as if it stood there so many times. */
export const weights = { title: 2, labels: 2 };

/** Returns the vectors of a note's parts, one after the other: the weighted sums of their words' vectors, eight bits a dimension. */
export function embedParts(table: WordVectors, note: NoteText, texts: readonly string[]): Int8Array<ArrayBuffer> {
  const about = new Float32Array(table.dimensions);
  addText(table, about, note.title, weights.title);
  addText(table, about, note.labels, weights.labels);
  const vectors = new Int8Array(texts.length * table.dimensions);
  texts.forEach((text, part) => {
    const sum = Float32Array.from(about);
    for (const heading of note.headings[note.parts[part]?.[0] ?? 0] ?? []) addText(table, sum, heading, 1);
    addText(table, sum, text, 1);
    vectors.set(quantise(sum).values, part * table.dimensions);
  });
  return vectors;
}

/** Returns the vector of a query, in which words count more that few sections have; undefined when no word is known. */
export function embedQuery(
  table: WordVectors,
  text: string,
  rarityOf: (term: string) => number,
): Float32Array | undefined {
  const sum = new Float32Array(table.dimensions);
  let known = 0;
  for (const { term, folded, isStopWord } of analyse(text)) {
    if (!isStopWord && table.add(sum, folded, Math.sqrt(rarityOf(term)))) known++;
  }
  return known > 0 ? sum : undefined;
}

function addText(table: WordVectors, sum: Float32Array, text: string, weight: number): void {
  for (const { folded, isStopWord } of analyse(text)) if (!isStopWord) table.add(sum, folded, weight);
}
