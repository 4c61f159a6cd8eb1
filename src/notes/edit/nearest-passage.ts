import { normalizeText } from '../../text.js';

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

function pairsOf(line: string): string[] {
  const plain = normalizeText(line.slice(0, maxLineCharacters), 'NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim();
  return Array.from({ length: Math.max(0, plain.length - 1) }, (_, at) => plain.slice(at, at + 2));
}

/** The Sørensen-Dice coefficient over pairs of neighbouring characters. */
function likeness(wanted: readonly string[], line: string): number {
  const pairs = pairsOf(line);
  if (pairs.length === 0 || wanted.length === 0) return 0;
  const left = new Map<string, number>();
  for (const pair of wanted) left.set(pair, (left.get(pair) ?? 0) + 1);
  let shared = 0;
  for (const pair of pairs) {
    const count = left.get(pair) ?? 0;
    if (count === 0) continue;
    left.set(pair, count - 1);
    shared++;
  }
  return (2 * shared) / (pairs.length + wanted.length);
}
