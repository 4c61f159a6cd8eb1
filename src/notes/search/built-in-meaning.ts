import { analyse, type Word } from './analyser.js';
import type { NoteText } from './note-parts.js';
import { quantise } from './section-vectors.js';
import type { WordVectors } from './word-vectors.js';

/** How much a word counts outside the text, as often as if it stood there so many times. */
export const weights = { title: 2, labels: 2 };

/** Returns a function that gives the vector of a part of a note, eight bits a dimension: the weighted sum of its words' vectors. */
export function partEmbedder(
  table: WordVectors,
  note: NoteText,
): (ordinal: number, words: readonly Word[]) => Int8Array<ArrayBuffer> {
  const about = new Float32Array(table.dimensions);
  addWords(table, about, analyse(note.title), weights.title);
  addWords(table, about, analyse(note.labels), weights.labels);
  return (ordinal, words) => {
    const sum = Float32Array.from(about);
    for (const heading of note.headings[ordinal] ?? []) addWords(table, sum, analyse(heading), 1);
    addWords(table, sum, words, 1);
    return quantise(sum).values;
  };
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

function addWords(table: WordVectors, sum: Float32Array, words: readonly Word[], weight: number): void {
  for (const { folded, isStopWord } of words) if (!isStopWord) table.add(sum, folded, weight);
}
