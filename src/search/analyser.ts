import { stem } from './stem.js';
import { stopWords } from './stop-words.js';

export interface Word {
  /** Folded and stemmed. */
  readonly term: string;
  /** The word as written, marked apart from the terms; only for a word with accents. */
  readonly exact: string | undefined;
  readonly isStopWord: boolean;
}

/** Bumped when the terms or chunks of a text change, so that an index on disk is not read with another analyser. */
export const analyserVersion = 2;

/** What marks an exact form among the terms; no term begins with it. */
export const exactMark = "'";

const maxWordLength = 40;
const maxRemembered = 50_000;
const remembered = new Map<string, Word>();

/** Returns the words of a text in its order, the same for notes and queries, in English and Spanish alike. */
export function analyse(text: string): Word[] {
  const found = text.normalize('NFC').match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu);
  return found === null ? [] : found.map(analyseWord);
}

function analyseWord(written: string): Word {
  const known = remembered.get(written);
  if (known !== undefined) return known;
  // A copy, or a slice of the note would keep the whole note in memory.
  const copy = Buffer.from(written.slice(0, maxWordLength)).toString();
  const lower = copy.toLowerCase();
  // Some signs decompose into more than letters and digits, such as ½.
  const folded = isAscii(lower) ? lower : fold(lower).replace(/[^\p{L}\p{N}]/gu, '') || lower;
  const word = {
    term: stem(folded),
    exact: folded === lower ? undefined : exactMark + lower,
    isStopWord: stopWords.has(folded),
  };
  if (remembered.size >= maxRemembered) remembered.clear();
  if (copy.length === written.length) remembered.set(copy, word);
  return word;
}

/** Returns text in lower case without accents and other marks; ñ becomes n, as it is typed on foreign keyboards. */
export function fold(text: string): string {
  return isAscii(text) ? text.toLowerCase() : text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}
