import { analyse, type Word } from './analyser.js';
import type { NoteText } from './note-parts.js';
import type { WordRanking } from './rank-words.js';
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

const wordPattern = /\p{L}.*\p{L}/u;

/** The share of a query's words, stop words among them, that the table knows: nearly all where it has the language. */
const known = { from: 0.75, to: 0.95 };

/**
 * Returns the vector of a query, in which words count more that few sections have, and how far to trust it: 1 where the table
 * knows most of the words; nothing where it knows too few, as in another language.
 */
export function embedQuery(
  table: WordVectors,
  text: string,
  { rarityOf, corrections }: Pick<WordRanking, 'rarityOf' | 'corrections'>,
): { query: Float32Array; trust: number } | undefined {
  const query = new Float32Array(table.dimensions);
  let telling = 0;
  let counted = 0;
  let missing = 0;
  for (const { term, folded, isStopWord } of analyse(text)) {
    const isKnown = isStopWord || table.add(query, corrections.get(folded) ?? folded, Math.sqrt(rarityOf(term)));
    if (isKnown && !isStopWord) telling++;
    // Numbers, and single letters as before an apostrophe, are of no language.
    if (!wordPattern.test(folded)) continue;
    counted++;
    if (!isKnown) missing++;
  }
  // As if two more were known: one name among three words does not make a language.
  const share = 1 - missing / (counted + 2);
  const trust = telling === 0 ? 0 : Math.min(1, (share - known.from) / (known.to - known.from));
  return trust > 0 ? { query, trust } : undefined;
}

function addWords(table: WordVectors, sum: Float32Array, words: readonly Word[], weight: number): void {
  for (const { folded, isStopWord } of words) if (!isStopWord) table.add(sum, folded, weight);
}
