import { oneLine } from '../foreign-text.js';
import { count } from '../words.js';

/** A path on one line, whole: what follows from it must find the same file again. */
export function pathLine(path: string): string {
  return oneLine(path, 4096);
}

/** The same value with no half of a character in any of its texts: many programs refuse JSON that has one. */
export function wholeCharacters<T>(value: T): T {
  if (typeof value === 'string') return value.toWellFormed() as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(wholeCharacters) as T;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key.toWellFormed(), wholeCharacters(one)])) as T;
}

/** JSON without half a character. */
export function wholeJson(value: unknown): string {
  const json = JSON.stringify(value);
  // Half a character, and nothing else but such words in a text, is written so.
  return json.includes('\\ud') ? JSON.stringify(wholeCharacters(value)) : json;
}

/** Prefixes each line with its number, so that no line of a note can pass for the answer's own words. */
export function numberLines(text: string, firstLine: number): string {
  const lines = text.split(/\r?\n/);
  const width = String(firstLine + lines.length - 1).length;
  const numbered = lines.map((line, index) => {
    return `${String(firstLine + index).padStart(width)}| ${line.replace(/[\r\v\f\u0085\u2028\u2029]/g, ' ')}`;
  });
  return numbered.join('\n');
}

/** The first values, each on one line, and how many more there are. */
export function listLine(values: readonly string[], total = values.length, most = 20, maxChars = 100): string {
  const shown = values.slice(0, most).map((value) => oneLine(value, maxChars));
  const more = total - shown.length;
  return more > 0 ? `${shown.join(', ')}, … (${more} more)` : shown.join(', ');
}

/** `3 notes:`, or `3 notes, 2 here:` where only some follow. */
export function countHead(total: number, shown: number, noun: string): string {
  return `${count(total, noun)}${shown < total ? `, ${shown} here` : ''}:`;
}

/** Milliseconds since the epoch as `2026-07-28T12:00:00Z`. */
export function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -5)}Z`;
}
