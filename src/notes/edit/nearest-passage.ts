import { foldText } from '../../text.js';

const maxSearchedCharacters = 1_000_000;
/** What a longer line says further on does not count. */
const maxLineCharacters = 400;
const maxWantedLines = 1_000;
const maxShownLines = 12;
const maxShownCharacters = 1_500;

/** Returns a sentence that shows the passage of `text` most like `wanted` with its line number, or says that none is like it; bounded in time. */
export function nearestPassage(text: string, wanted: string): string {
  if (text.trim() === '') return 'The note is empty.';
  if (text.length > maxSearchedCharacters) return 'Read the note again and copy the passage exactly.';
  const lines = text.split(/\r?\n/);
  const wantedLines = wanted.slice(0, maxSearchedCharacters).split(/\r?\n/, maxWantedLines);
  // The longest line says most about where the passage is.
  const lengths = wantedLines.map((line) => line.trim().length);
  const anchor = lengths.indexOf(Math.max(...lengths));
  const wantedPairs = pairsOf(wantedLines[anchor] ?? '');
  let best = 0;
  let bestScore = 0;
  for (const [index, line] of lines.entries()) {
    const score = likeness(wantedPairs, pairsOf(line));
    if (score > bestScore) [best, bestScore] = [index, score];
  }
  if (bestScore < 0.3) return 'No passage is like it. Read the note again and copy the passage exactly.';
  const first = Math.max(0, best - anchor);
  const shown = lines.slice(first, first + Math.min(maxShownLines, wantedLines.length));
  const passage = shown.join('\n');
  const cut = passage.length > maxShownCharacters ? `${passage.slice(0, maxShownCharacters)}…` : passage;
  const where = shown.length > 1 ? `lines ${first + 1}-${first + shown.length}` : `line ${first + 1}`;
  return `The nearest passage is at ${where}:\n${cut}`;
}

/** The pairs of neighbouring characters in a line. */
function pairsOf(line: string): ReadonlySet<string> {
  const plain = foldText(line.slice(0, maxLineCharacters));
  const pairs = new Set<string>();
  for (let at = 0; at + 1 < plain.length; at++) pairs.add(plain.slice(at, at + 2));
  return pairs;
}

/** The Sørensen-Dice coefficient of two sets. */
function likeness(wanted: ReadonlySet<string>, pairs: ReadonlySet<string>): number {
  let shared = 0;
  for (const pair of pairs) if (wanted.has(pair)) shared++;
  return (2 * shared) / Math.max(1, pairs.size + wanted.size);
}
