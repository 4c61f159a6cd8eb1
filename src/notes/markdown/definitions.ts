import { type Destination, readDestination, readTitle, skipSpace } from './destinations.js';
import { createFinder, matchAt } from './finder.js';

const label = /\[((?:[^\\[\]]|\\[\s\S]){1,999})\]/y;
const restOfLine = /[ \t\r]*(?:\n|$)/y;

/** Returns the length of the link label in brackets that begins at `at`, or 0 (CommonMark 4.7). */
export function labelLength(text: string, at: number): number {
  if (text[at] !== '[') return 0;
  label.lastIndex = at;
  const [{ length } = '', inner = ''] = label.exec(text) ?? [];
  return length <= 1001 && /[!-\uffff]/.test(inner) ? length : 0;
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
    const afterTitle = title === destination.after ? -1 : readTitle(content, title, find);
    let end = afterTitle === -1 ? -1 : matchAt(restOfLine, content, afterTitle);
    if (end === -1) end = matchAt(restOfLine, content, destination.after);
    if (end === -1) return taken;
    add(foldLabel(content.slice(start + 1, start + length - 1)), destination);
    taken = end;
  }
}
