import { cutText } from '../../foreign-text.js';
import { NotesError } from '../errors.js';
import type { Span } from '../markdown/note.js';
import { createLineCounter, endOfLines } from '../markdown/note-text.js';
import type { Passage } from '../notes.js';

/** Returns the lines from `first` to `last`, counted from 1, as a span; the text's first and last line by default. Throws NotesError bad_argument. */
export function rangeOfLines(text: string, first = 1, last = Number.POSITIVE_INFINITY): Span {
  if (last < first) throw new NotesError('bad_argument', 'end_line comes before start_line.');
  const start = endOfLines(text, 0, first - 1);
  if (first > 1 && start === text.length) {
    const lines = countLines(text);
    throw new NotesError('bad_argument', `start_line ${first} is past the end: the text has ${lines} lines.`);
  }
  return { start, end: endOfLines(text, start, last - first + 1) };
}

/**
 * Cuts at most `maxChars` units out of a range of the text, from `offset` units after its start, at a line's end where it
 * can and never within a character. Throws NotesError bad_argument for an offset past the end.
 */
export function cutPassage(text: string, range: Span, offset: number, maxChars: number): Passage {
  const start = range.start + offset;
  if (offset > 0 && start >= range.end) {
    throw new NotesError('bad_argument', `offset ${offset} is past the end: ${range.end - range.start} characters.`);
  }
  const end = cutPoint(text, start, range.end, maxChars);
  const lineAt = createLineCounter(text);
  return {
    text: text.slice(start, end),
    firstLine: lineAt(start),
    lastLine: lineAt(Math.max(start, end - 1)),
    totalLines: countLines(text),
    ...(end < range.end ? { nextOffset: end - range.start } : {}),
  };
}

/** A line break at the end begins no line. */
function countLines(text: string): number {
  return createLineCounter(text)(text.length - 1);
}

function cutPoint(text: string, start: number, rangeEnd: number, maxChars: number): number {
  if (rangeEnd - start <= maxChars) return rangeEnd;
  const lineEnd = text.lastIndexOf('\n', start + maxChars - 1) + 1;
  if (lineEnd > start) return lineEnd;
  return start + Math.max(1, cutText(text.slice(start, start + maxChars + 1), maxChars).length);
}
