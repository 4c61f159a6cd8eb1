import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stopWords } from '../src/notes/search/stop-words.js';

const vocabularySize = 40_000;
const folders = 40;
const filler = [...stopWords];

/** Words as a text has them: nearly half of them stop words, the rest by Zipf's law; the same for the same seed. */
export interface WordSource {
  word(): string;
  words(count: number): string;
  number(below: number): number;
}

export function createWordSource(seed: number): WordSource {
  const vocabulary = createVocabulary();
  const random = createRandom(seed);
  const number = (below: number) => Math.floor(random() * below);
  const word = () => {
    const rank = 10 * ((vocabularySize + 10) / 10) ** random() - 10;
    return vocabulary[Math.min(vocabularySize - 1, Math.floor(rank))] ?? '';
  };
  const written = () => (random() < 0.45 ? (filler[number(filler.length)] ?? '') : word());
  return { word, words: (count) => Array.from({ length: count }, written).join(' '), number };
}

/** Writes `count` notes of some 2.5 KB in two to six sections, a few with tags and a status; returns their bytes. */
export async function generateVault(root: string, count: number): Promise<number> {
  const source = createWordSource(1);
  let bytes = 0;
  for (let folder = 0; folder < folders; folder++) await mkdir(join(root, `folder-${folder}`), { recursive: true });
  for (let note = 0; note < count; note++) {
    const text = generateNote(source);
    bytes += Buffer.byteLength(text);
    await writeFile(join(root, `folder-${note % folders}`, `${source.word()}-${note}.md`), text);
  }
  return bytes;
}

function generateNote(source: WordSource): string {
  const parts = [`# ${source.words(4)}\n\n**Status:** ${source.number(3) === 0 ? 'Active' : 'Done'}\n`];
  parts.push(`${source.words(40)} #${source.word()}\n`);
  for (let section = 2 + source.number(5); section > 0; section--) {
    parts.push(`## ${source.words(3)}\n\n${source.words(30 + source.number(100))}.\n\n${source.words(25)}\n`);
  }
  return parts.join('\n');
}

function createVocabulary(): string[] {
  const random = createRandom(7);
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? '';
  const onsets = ['b', 'c', 'd', 'f', 'g', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'br', 'tr', 'pl', 'ch', 'st'];
  const vowels = ['a', 'e', 'i', 'o', 'u', 'á', 'é', 'ó', 'ie', 'ai'];
  const endings = ['', '', 's', 'n', 'r', 'ción', 'ing', 'mente', 'ed', 'os', 'as'];
  const words = new Set<string>();
  while (words.size < vocabularySize) {
    let word = '';
    for (let syllable = 1 + Math.floor(random() * 3); syllable > 0; syllable--) word += pick(onsets) + pick(vowels);
    words.add(word + pick(endings));
  }
  return [...words];
}

/** Mulberry32. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
