import { analyse, fold } from './analyser.js';

/** One thing to look for in the index. */
export interface Wanted {
  /** In the language of FTS5's MATCH. */
  readonly match: string;
  /** Index terms that a passage shows it by. */
  readonly terms: readonly string[];
  /** The term, when it is one word that may be mistyped or unknown. */
  readonly word?: string;
  /** Of that word, as the table of word vectors has it. */
  readonly folded?: string;
  readonly weight: number;
}

export interface ParsedQuery {
  /** Any of these may match; those that the notes lack are no harm. */
  readonly wanted: readonly Wanted[];
  /** A note must have all of these phrases. */
  readonly required: readonly Wanted[];
  /** A note must have none of these. */
  readonly excluded: readonly Wanted[];
  /** The query without what it excludes, for its meaning. */
  readonly text: string;
}

/** More text, or more different words, than this is no query. */
const maxQueryLength = 2000;
const maxWords = 32;

const parts =
  /(?<![\p{L}\p{N}"])(-?)"([^"]+)"|(?<=^|\s)-([^\s"-][^\s"]*)|([\p{L}\p{N}][\p{L}\p{N}\p{M}]*)\*(?![\p{L}\p{N}*])/gu;

/** Reads a query of words, `"exact phrases"`, `-word` and `word*`. */
export function parseQuery(written: string): ParsedQuery {
  // Telephones write curly marks.
  const text = written.slice(0, maxQueryLength).replace(/[“”„«»]/g, '"');
  const required: Wanted[] = [];
  const excluded: Wanted[] = [];
  const prefixes: Wanted[] = [];
  const rest = text.replace(parts, (whole, minus: string, phrase?: string, without?: string, prefix?: string) => {
    const wanted = prefix === undefined ? phraseOf(phrase ?? without ?? '') : prefixOf(prefix);
    if (wanted === undefined) return whole;
    const kind = prefix !== undefined ? prefixes : minus === '-' || without !== undefined ? excluded : required;
    kind.push(wanted);
    return kind === excluded ? ' ' : ` ${phrase ?? prefix ?? ''} `;
  });
  const loose = [...wordsOf(text.replace(parts, ' ')), ...prefixes];
  const wanted = [...loose, ...required].slice(0, maxWords);
  if (wanted.length === 0) return { wanted: wordsOf(text), required: [], excluded: [], text };
  return { wanted, required: required.slice(0, 8), excluded: excluded.slice(0, 8), text: rest };
}

/** Its different words; stop words only when there are no others, and then as a phrase too. */
function wordsOf(text: string): Wanted[] {
  const words = analyse(text);
  const telling = words.filter((word) => !word.isStopWord);
  const found = new Map<string, Wanted>();
  let last = -1;
  for (const { term, folded, end } of telling.length > 0 ? telling : words) {
    // `.net` is followed by `net` at the same place; the query means the first.
    if (end !== last) found.set(term, { match: quote(term), terms: [term], word: term, folded, weight: 1 });
    last = end;
  }
  const wanted = [...found.values(), ...joinedOf(text)].slice(0, maxWords);
  if (telling.length > 0 || words.length < 2) return wanted;
  const terms = words.slice(0, maxWords).map(({ term }) => term);
  return [{ match: quote(terms.join(' ')), terms, weight: 3 }, ...wanted];
}

/** Words written without a blank between them, as in `2024-01-05` or `node.js`, count more where they stand so. */
function joinedOf(text: string): Wanted[] {
  return text.split(/\s+/).flatMap((token) => {
    const phrase = phraseOf(token);
    const telling = analyse(token).filter(({ isStopWord }) => !isStopWord);
    return phrase === undefined || telling.length < 2 ? [] : [{ ...phrase, weight: 0.5 }];
  });
}

function phraseOf(text: string): Wanted | undefined {
  const terms = analyse(text)
    .slice(0, maxWords)
    .map(({ term }) => term);
  return terms.length === 0 ? undefined : { match: quote(terms.join(' ')), terms, weight: terms.length };
}

function prefixOf(text: string): Wanted | undefined {
  const prefix = fold(text.slice(0, 40));
  const term = analyse(text)[0]?.term;
  if ([...prefix].length < 2 || term === undefined) return undefined;
  // The index has stems, which may be shorter than what the query begins with.
  return { match: `(${quote(prefix)} * OR ${quote(term)})`, terms: [`${prefix}*`, term], weight: 1 };
}

function quote(terms: string): string {
  return `"${terms.replaceAll('"', '')}"`;
}
