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
  const anchor = wantedLines.reduce(
    (best, line, index) => (line.trim().length > (wantedLines[best]?.trim().length ?? 0) ? index : best),
    0,
  );
  const wantedPairs = pairsOf(wantedLines[anchor] ?? '');
  let best = 0;
  let bestScore = 0;
  for (const [index, line] of lines.entries()) {
    const score = likeness(wantedPairs, line);
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

type Pairs = ReadonlyMap<string, number>;

/** How often each two neighbouring characters stand in a line. */
function pairsOf(line: string): Pairs {
  const plain = foldText(line.slice(0, maxLineCharacters));
  const counts = new Map<string, number>();
  for (let at = 0; at + 1 < plain.length; at++) {
    const pair = plain.slice(at, at + 2);
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return counts;
}

/** The Sørensen-Dice coefficient over pairs of neighbouring characters. */
function likeness(wanted: Pairs, line: string): number {
  const pairs = pairsOf(line);
  let shared = 0;
  for (const [pair, count] of pairs) shared += Math.min(count, wanted.get(pair) ?? 0);
  return (2 * shared) / Math.max(1, totalOf(pairs) + totalOf(wanted));
}

function totalOf(pairs: Pairs): number {
  let total = 0;
  for (const count of pairs.values()) total += count;
  return total;
}
