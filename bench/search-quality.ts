import { basename } from 'node:path';
import MiniSearch from 'minisearch';
import { fold } from '../src/search/analyser.js';
import { NoteIndex } from '../src/search/note-index.js';
import { rank } from '../src/search/rank.js';
import { createWordSource } from './generated-vault.js';
import { type ManPage, readManPages } from './man-pages.js';

/** Finds the names of the ten best pages for a query. */
type Search = (text: string) => readonly string[];
type Change = (query: string) => string;

/** Prints how well a page of Debian's manual is found by its NAME line, which is left out of it, beside folding alone. */
export async function bench(): Promise<void> {
  const english = readManPages(['manpages', 'manpages-dev'], /\/man\/man/);
  const spanish = readManPages(['manpages-es'], /\/man\/es\//);
  if (english.length === 0 || spanish.length === 0) {
    process.stdout.write(
      'Needs Debian’s manpages and manpages-es: apt-get install manpages manpages-dev manpages-es\n',
    );
    return;
  }
  process.stdout.write(
    `${english.length} English and ${spanish.length} Spanish pages; MRR@10 and recall@10, folding alone in brackets\n`,
  );
  const searches = {
    English: [searchNotes(english), searchFolded(english)],
    Spanish: [searchNotes(spanish), searchFolded(spanish)],
    both: [searchNotes([...english, ...spanish]), searchFolded([...english, ...spanish])],
  } as const;
  const rows: [string, readonly ManPage[], readonly [Search, Search], Change][] = [
    ['English', english, searches.English, (query) => query],
    ['English, swapped plurals', english, searches.English, swapEnglishPlurals],
    ['English, one typo', english, searches.English, createTypist()],
    ['Spanish', spanish, searches.Spanish, (query) => query],
    ['Spanish without accents', spanish, searches.Spanish, fold],
    ['Spanish, swapped plurals', spanish, searches.Spanish, swapSpanishPlurals],
    ['Spanish, one typo', spanish, searches.Spanish, createTypist()],
    ['English among both', english, searches.both, (query) => query],
    ['Spanish among both', spanish, searches.both, (query) => query],
  ];
  for (const [name, pages, [own, folded], change] of rows) {
    const queries = pages.map((page) => ({ name: page.name, text: change(page.description) }));
    process.stdout.write(`${name.padEnd(26)} ${evaluate(queries, own)}   (${evaluate(queries, folded)})\n`);
  }
}

function evaluate(queries: readonly { name: string; text: string }[], search: Search): string {
  const { mrr, recall } = measureKnownItem(queries, search);
  return `${mrr.toFixed(3)} ${recall.toFixed(3)}`;
}

/** The mean of 1/rank of the page that each query is of, and the share of those among the first ten. */
export function measureKnownItem(
  queries: readonly { name: string; text: string }[],
  search: Search,
): { mrr: number; recall: number } {
  const ranks = queries.map(({ name, text }) => search(text).indexOf(name) + 1);
  const found = ranks.filter((place) => place > 0);
  return {
    mrr: found.reduce((sum, place) => sum + 1 / place, 0) / queries.length,
    recall: found.length / queries.length,
  };
}

export function searchNotes(pages: readonly ManPage[]): Search {
  const index = new NoteIndex();
  for (const { name, note } of pages) {
    const [size, modifiedMs, hash] = [note.length, 0, name];
    index.put(
      { path: `${name}.md`, text: note, title: basename(name), status: undefined, tags: [], size, modifiedMs, hash },
      0,
    );
  }
  return (text) => rank(index, { text, limit: 10 }).candidates.map(({ path }) => path.slice(0, -3));
}

/** MiniSearch as it comes, but for the folding of accents. */
function searchFolded(pages: readonly ManPage[]): Search {
  const index = new MiniSearch<ManPage>({ idField: 'name', fields: ['name', 'note'], processTerm: fold });
  index.addAll(pages);
  return (text) =>
    index
      .search(text)
      .slice(0, 10)
      .map(({ id }) => String(id));
}

function eachWord(query: string, change: (word: string) => string): string {
  return query.replace(/\p{L}{4,}/gu, change);
}

function swapEnglishPlurals(query: string): string {
  return eachWord(query, (word) => {
    if (/ies$/.test(word)) return `${word.slice(0, -3)}y`;
    if (/(s|x|ch|sh)es$/.test(word)) return word.slice(0, -2);
    if (/[^su]s$/.test(word)) return word.slice(0, -1);
    if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
    return /(s|x|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
  });
}

function swapSpanishPlurals(query: string): string {
  return eachWord(query, (word) => {
    if (/iones$/.test(word)) return `${word.slice(0, -5)}ión`;
    if (/ces$/.test(word)) return `${word.slice(0, -3)}z`;
    if (/[dlnrj]es$/.test(word)) return word.slice(0, -2);
    if (/[aeo]s$/.test(word)) return word.slice(0, -1);
    if (/ión$/.test(word)) return `${word.slice(0, -3)}iones`;
    if (/z$/.test(word)) return `${word.slice(0, -1)}ces`;
    return /[aeiouáéíóú]$/.test(word) ? `${word}s` : `${word}es`;
  });
}

/** Changes one word of five letters or more: two letters swapped, or one left out, doubled or replaced. */
function createTypist(): Change {
  const source = createWordSource(3);
  return (query) => {
    const words = [...query.matchAll(/\p{L}{5,}/gu)];
    const match = words[source.number(words.length)];
    if (match === undefined) return query;
    const word = match[0];
    const at = 1 + source.number(word.length - 2);
    const [before, letter, after] = [word.slice(0, at), word[at] ?? '', word.slice(at + 1)];
    const wrong = [
      `${before}${after[0] ?? ''}${letter}${after.slice(1)}`,
      `${before}${after}`,
      `${before}${letter}${letter}${after}`,
      `${before}${letter === 'x' ? 'k' : 'x'}${after}`,
    ];
    return query.slice(0, match.index) + (wrong[source.number(4)] ?? word) + query.slice(match.index + word.length);
  };
}
