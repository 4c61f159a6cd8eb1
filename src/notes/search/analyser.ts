import { segment, unspaced } from './segment.js';
import { stem } from './stem.js';
import { stopWords } from './stop-words.js';

export interface Word {
  /** Folded and stemmed: what the index has. */
  readonly term: string;
  /** Folded: what the table of word vectors has. */
  readonly folded: string;
  readonly isStopWord: boolean;
}

/** A word and where it stands in the text. */
export interface PlacedWord extends Word {
  readonly start: number;
  readonly end: number;
}

const maxWordLength = 40;
const maxRemembered = 50_000;
const remembered = new Map<string, Word>();

/** Words, with the signs of `.NET`, `C++` (also in `C++17`), `C#` and `col·lecció`, and with soft hyphens; emoji and flags. */
const pattern =
  /(?:(?<![\p{L}\p{N}.)\]])\.(?=\p{L}))?[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}\u00ad]|(?<=[lL])·(?=[lL]))*(?:\+\+(?!\p{L})|#(?![\p{L}\p{N}]))?|\p{RI}\p{RI}|\p{Extended_Pictographic}/gu;

/**
 * Returns the words of a text in its order, the same for notes and queries, whatever its language. A word with a sign is
 * followed by the word without it (`.net`, `net`) where that is a word of its own.
 */
export function analyse(text: string): PlacedWord[] {
  const words: PlacedWord[] = [];
  for (const match of text.matchAll(pattern)) addWords(words, match[0], match.index);
  return words;
}

function addWords(words: PlacedWord[], written: string, start: number): void {
  // Most words were seen before.
  const known = remembered.get(written);
  if (known !== undefined) {
    words.push(placed(known, start, written.length));
    return;
  }
  if (!isAscii(written) && unspaced.test(written)) {
    for (const piece of segment(written))
      words.push(placed(readWord(piece.text), start + piece.start, piece.text.length));
    return;
  }
  const bare = written.replace(/^\.|\+\+$|#$/g, '');
  if (bare.length === written.length) {
    words.push(placed(remember(written), start, written.length));
    return;
  }
  const sign = written.at(-1);
  const isName = written.startsWith('.') || bare.length <= 2 || sign === '+';
  if (isName) {
    const term = written.slice(0, maxWordLength).toLowerCase();
    words.push(placed({ term, folded: term, isStopWord: false }, start, written.length));
  }
  if (bare.length > 2) words.push(placed(remembered.get(bare) ?? remember(bare), start, written.length));
}

function placed({ term, folded, isStopWord }: Word, start: number, length: number): PlacedWord {
  return { term, folded, isStopWord, start, end: start + length };
}

/** Keeps a word that is one as a whole: never a piece of a run without spaces, which is cut by its neighbours. */
function remember(written: string): Word {
  // A copy, or a slice of the note would keep the whole note in memory.
  const copy = Buffer.from(written.slice(0, maxWordLength)).toString();
  const word = readWord(copy);
  if (remembered.size >= maxRemembered) remembered.clear();
  if (copy.length === written.length) remembered.set(copy, word);
  return word;
}

function readWord(written: string): Word {
  const copy = written.slice(0, maxWordLength);
  // Some signs decompose into more than letters and digits, such as ½.
  const folded = isAscii(copy) ? fold(copy) : fold(copy).replace(/[^\p{L}\p{N}\p{M}]/gu, '') || copy;
  return { term: unspaced.test(folded) ? folded : stem(folded), folded, isStopWord: stopWords.has(folded) };
}

const letters: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ı: 'i' };

/**
 * Returns text in lower case without accents; ñ becomes n, as it is typed on foreign keyboards. The marks that are vowels
 * (Hindi, Thai) or make another letter (Japanese) stay.
 */
export function fold(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  const marks = unspaced.test(text) ? /(?!)/ : /[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670]/g;
  const bare = text.normalize('NFKD').toLowerCase().replace(marks, '').normalize('NFC');
  return bare.replace(/[ßæœøłđı]/g, (letter) => letters[letter] ?? letter);
}

export function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}
