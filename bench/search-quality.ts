import { silentLog } from '../src/log.js';
import { fold } from '../src/notes/search/analyser.js';
import { fusion } from '../src/notes/search/fuse.js';
import type { NoteSearchOptions } from '../src/notes/search/open-note-search.js';
import { createWordSource } from './generated-vault.js';
import { type ManPage, readManPages } from './man-pages.js';
import { measureQuestions } from './measure-questions.js';
import { benchPublicSet } from './public-set.js';
import { type Note, type Question, readQuestionSet, readTranslation, translatedInto } from './question-set.js';
import { indexNotes, type SearchIndex } from './search-index.js';

type Change = (query: string) => string;

const kinds = ['own-words', 'paraphrase', 'no-shared-word', 'cross-language'] as const;

/**
 * Prints how well the questions of bench/questions are answered by words, by built-in meaning and both, and, with
 * BENCH_EMBEDDINGS_URL and BENCH_EMBEDDING_MODEL, by that endpoint; how well some of them are in
 * other languages; then how well a page of Debian's manual is found by its NAME line, which is left out of it.
 * BENCH_HALF=final asks the questions that nothing is tuned by; BENCH_FAQ names the folder of a public set of questions (bench/public-set.ts).
 */
export async function bench(): Promise<void> {
  await benchQuestions(process.env['BENCH_HALF'] === 'final' ? 'final' : 'tuning');
  await benchTranslations();
  const folder = process.env['BENCH_FAQ'];
  if (folder !== undefined) await benchPublicSet(folder, endpoint());
  await benchManual();
}

function endpoint(): Partial<NoteSearchOptions> | undefined {
  const url = process.env['BENCH_EMBEDDINGS_URL'];
  const model = process.env['BENCH_EMBEDDING_MODEL'] ?? 'multilingual-e5-small';
  const log = { ...silentLog, warn: (message: string) => void process.stderr.write(`${message}\n`) };
  return url === undefined ? undefined : { embeddings: { url, model }, log };
}

async function benchQuestions(half: Question['half']): Promise<void> {
  const { notes, questions } = await readQuestionSet();
  const asked = questions.filter((question) => question.half === half);
  process.stdout.write(`${asked.length} questions (${half}) about ${notes.length} notes: first, in five, MRR@10\n`);
  process.stdout.write(`${''.padEnd(31)}${['all', ...kinds].map((kind) => kind.padEnd(16)).join('')}\n`);
  const meanings: [string, Partial<NoteSearchOptions>][] = [['meaning', {}]];
  const model = endpoint();
  if (model !== undefined) meanings.push(['model', { ...model, meaning: 'off' }], ['model, built-in meaning', model]);
  const words = indexNotes(notes, { meaning: 'off' });
  await printAnswers('words', words, asked);
  await words.close();
  for (const [name, options] of meanings) {
    const index = indexNotes(notes, options);
    await untilEmbedded(index, options);
    const tries = options.embeddings === undefined ? 1 : 60;
    await withoutWords(() => printAnswers(name, index, asked, tries));
    await printAnswers(`${name} and words`, index, asked, tries);
    await index.close();
  }
}

async function benchTranslations(): Promise<void> {
  const { notes } = await readQuestionSet();
  process.stdout.write(
    'Questions in other languages: first and in five by words, in brackets with meaning; the notes as they are, then 30 translated\n',
  );
  for (const language of translatedInto) {
    const translation = await readTranslation(language);
    const questions = translation.questions.map(({ question, note }) => ({ question, notes: [note] }));
    const translated = notes.map(({ path, text }) => ({ path, text: translation.notes[path] ?? text }));
    const cells = [await answerTranslated(notes, questions), await answerTranslated(translated, questions)];
    process.stdout.write(`${language}  ${cells.join('  ')}\n`);
  }
}

async function answerTranslated(
  notes: readonly Note[],
  questions: readonly Pick<Question, 'question' | 'notes'>[],
): Promise<string> {
  const cells: string[] = [];
  for (const meaning of ['off', 'on'] as const) {
    const index = indexNotes(notes, { meaning });
    const { first, five } = await measureQuestions(questions, (text) => pathsOf(index, text));
    cells.push(`${percent(first)} ${percent(five)}`);
    await index.close();
  }
  return `${cells[0]}  (${cells[1]})`;
}

async function printAnswers(name: string, index: SearchIndex, asked: readonly Question[], tries = 1): Promise<void> {
  const cells: string[] = [];
  for (const kind of [undefined, ...kinds]) {
    const some = asked.filter((question) => kind === undefined || question.kind === kind);
    const { first, five, mrr } = await measureQuestions(some, (text) => answerOf(index, text, tries));
    cells.push(`${percent(first)} ${percent(five)} ${mrr.toFixed(2)}`.padEnd(16));
  }
  process.stdout.write(`${name.padEnd(31)}${cells.join('')}\n`);
}

/** Asks again where an endpoint was too slow, which is not what is measured. */
async function answerOf(index: SearchIndex, text: string, tries: number): Promise<string[]> {
  for (let left = tries; ; left--) {
    const { hits, isByMeaning } = await index.search.search({ text, limit: 10 });
    if (isByMeaning !== false || left <= 1) return hits.map(({ noteId }) => index.paths[noteId - 1] ?? '');
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** Meaning alone is nothing that one would want, but for comparison. */
async function withoutWords(run: () => Promise<void>): Promise<void> {
  const kept = { ...fusion };
  Object.assign(fusion, { chance: 1, trace: 0, decisive: Number.POSITIVE_INFINITY });
  await run();
  Object.assign(fusion, kept);
}

async function untilEmbedded(index: SearchIndex, { embeddings }: Partial<NoteSearchOptions>): Promise<void> {
  const isDone = () => embeddings === undefined || index.search.status().withVectors >= index.search.status().sections;
  while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 200));
}

async function benchManual(): Promise<void> {
  const english = readManPages(['manpages', 'manpages-dev'], /\/man\/man/);
  const spanish = readManPages(['manpages-es'], /\/man\/es\//);
  if (english.length === 0 || spanish.length === 0) {
    process.stdout.write(
      'Needs Debian’s manpages and manpages-es: apt-get install manpages manpages-dev manpages-es\n',
    );
    return;
  }
  process.stdout.write(
    `${english.length} English and ${spanish.length} Spanish pages: MRR@10 and recall@10 by words, in brackets with meaning\n`,
  );
  const rows: [string, readonly ManPage[], Change][] = [
    ['English', english, (query) => query],
    ['English, swapped plurals', english, swapEnglishPlurals],
    ['English, one typo', english, createTypist()],
    ['Spanish', spanish, (query) => query],
    ['Spanish without accents', spanish, fold],
    ['Spanish, swapped plurals', spanish, swapSpanishPlurals],
    ['Spanish, one typo', spanish, createTypist()],
  ];
  const byWords = new Map(
    [english, spanish].map((pages) => [pages as readonly ManPage[], indexPages(pages, { meaning: 'off' })]),
  );
  const byBoth = new Map([english, spanish].map((pages) => [pages as readonly ManPage[], indexPages(pages, {})]));
  for (const [name, pages, change] of rows) {
    const queries = pages.map((page) => ({ name: page.name, text: change(page.description) }));
    const cells = await Promise.all(
      [byWords, byBoth].map(async (indexes) => {
        const { mrr, recall } = await measureKnownItem(queries, indexes.get(pages) as SearchIndex);
        return `${mrr.toFixed(3)} ${recall.toFixed(3)}`;
      }),
    );
    process.stdout.write(`${name.padEnd(26)} ${cells[0]}   (${cells[1]})\n`);
  }
  for (const index of [...byWords.values(), ...byBoth.values()]) await index.close();
}

export function indexPages(pages: readonly ManPage[], options: Partial<NoteSearchOptions>): SearchIndex {
  return indexNotes(
    pages.map(({ name, note }) => ({ path: `${name}.md`, text: note })),
    options,
  );
}

export async function pathsOf(index: SearchIndex, text: string): Promise<string[]> {
  return (await index.find(text)).map(({ path }) => path);
}

/** The mean of 1/rank of the page that each query is of, and the share of those among the first ten. */
export async function measureKnownItem(
  queries: readonly { name: string; text: string }[],
  index: SearchIndex,
): Promise<{ mrr: number; recall: number }> {
  let sum = 0;
  let found = 0;
  for (const { name, text } of queries) {
    const rank = (await pathsOf(index, text)).indexOf(`${name}.md`) + 1;
    if (rank === 0) continue;
    sum += 1 / rank;
    found++;
  }
  return { mrr: sum / queries.length, recall: found / queries.length };
}

function percent(share: number): string {
  return `${Math.round(share * 100)}`.padStart(3);
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
export function createTypist(): Change {
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
