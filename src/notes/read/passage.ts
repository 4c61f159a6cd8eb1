import { NotesError } from '../errors.js';
import type { Passage } from '../notes.js';

/** Part of a text, in UTF-16 units. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Returns the lines from `first` to `last`, counted from 1, as a range; the text's first and last line unless told. Throws NotesError bad_argument. */
export function rangeOfLines(text: string, first = 1, last = Number.POSITIVE_INFINITY): Range {
  if (last < first) throw new NotesError('bad_argument', 'end_line comes before start_line.');
  const starts = lineStarts(text);
  const start = starts[first - 1];
  if (start === undefined) {
    throw new NotesError('bad_argument', `start_line ${first} is past the end: the text has ${starts.length} lines.`);
  }
  return { start, end: starts[Math.min(last, starts.length)] ?? text.length };
}

/**
 * Cuts at most `maxChars` units out of a range of the text, from `offset` units after its start, at a line's end where it
 * can and never within a character. Throws NotesError bad_argument for an offset past the end.
 */
export function cutPassage(text: string, range: Range, offset: number, maxChars: number): Passage {
  const start = range.start + offset;
  if (offset > 0 && start >= range.end) {
    throw new NotesError('bad_argument', `offset ${offset} is past the end: ${range.end - range.start} characters.`);
  }
  const end = cutPoint(text, start, range.end, maxChars);
  const starts = lineStarts(text);
  return {
    text: text.slice(start, end),
    firstLine: lineAt(starts, start),
    lastLine: lineAt(starts, Math.max(start, end - 1)),
    totalLines: starts.length,
    ...(end < range.end ? { nextOffset: end - range.start } : {}),
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1 && at + 1 < text.length; at = text.indexOf('\n', at + 1)) {
    starts.push(at + 1);
  }
  return starts;
}

/** The line, from 1, that holds the unit at `offset`. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

function cutPoint(text: string, start: number, rangeEnd: number, maxChars: number): number {
  if (rangeEnd - start <= maxChars) return rangeEnd;
  const lineEnd = text.lastIndexOf('\n', start + maxChars - 1) + 1;
  if (lineEnd > start) return lineEnd;
  const last = text.charCodeAt(start + maxChars - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return start + Math.max(1, isHalf ? maxChars - 1 : maxChars);
}
