import { type Destination, readDestination, readTitle, skipSpace } from './destinations.js';
import { createFinder } from './finder.js';

const maxLabel = 999;

/** Returns the length of the link label in brackets that begins at `at`, or 0 (CommonMark 4.7). */
export function labelLength(text: string, at: number): number {
  if (text[at] !== '[') return 0;
  let isEmpty = true;
  const limit = Math.min(text.length, at + maxLabel + 2);
  for (let next = at + 1; next < limit; next++) {
    const code = text.charCodeAt(next);
    if (code === 93) return isEmpty ? 0 : next + 1 - at;
    if (code === 91) return 0;
    if (code > 32) isEmpty = false;
    if (code === 92) next++;
  }
  return 0;
}

/** Labels match whatever their case and spaces. */
export function foldLabel(label: string): string {
  return label.trim().replace(/\s+/g, ' ').toLowerCase().toUpperCase();
}

/**
 * Reads the link reference definitions that a paragraph begins with, in time linear in it, and gives each to `add`.
 * Returns the offset after them.
 */
export function readDefinitions(content: string, add: (label: string, destination: Destination) => void): number {
  const find = createFinder(content);
  let taken = 0;
  for (;;) {
    const start = skipSpace(content, taken);
    const length = labelLength(content, start);
    if (length === 0 || content[start + length] !== ':' || content[start + 1] === '^') return taken;
    const destination = readDestination(content, skipSpace(content, start + length + 1));
    if (destination === undefined || destination.after === skipSpace(content, start + length + 1)) return taken;
    const title = skipSpace(content, destination.after);
    let end = endOfLine(content, title === destination.after ? -1 : readTitle(content, title, find));
    if (end === -1) end = endOfLine(content, destination.after);
    if (end === -1) return taken;
    add(foldLabel(content.slice(start + 1, start + length - 1)), destination);
    taken = end;
  }
}

/** The offset after the line that only has blanks from `at` on, or -1. */
function endOfLine(content: string, at: number): number {
  if (at === -1) return -1;
  let next = at;
  while (next < content.length && content[next] !== '\n') {
    if (!' \t\r'.includes(content[next] ?? '')) return -1;
    next++;
  }
  return Math.min(content.length, next + 1);
}
