import { VaultError } from '../vault/errors.js';
import { findSection } from '../vault/outline.js';
import type { Note } from '../vault/vault.js';
import { cutText } from './text.js';

/** What a read asks for; the offset counts UTF-16 units from the start of the section or line range. */
export interface PassageQuery {
  readonly section?: string;
  readonly startLine?: number;
  readonly endLine?: number;
  readonly offset: number;
  readonly maxChars: number;
}

export interface Passage {
  readonly text: string;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly totalLines: number;
  /** Where to go on; undefined when nothing of the section or range is left. */
  readonly nextOffset: number | undefined;
}

/** Cuts the passage out of a note's text, at a line's end where it can; throws VaultError bad_argument, no_match or ambiguous_match. */
export function selectPassage({ text, path }: Pick<Note, 'text' | 'path'>, query: PassageQuery): Passage {
  const starts = lineStarts(text);
  const [firstLine, lastLine] = lineRange(text, path, starts, query);
  const rangeStart = starts[firstLine - 1] ?? text.length;
  const rangeEnd = starts[lastLine] ?? text.length;
  const start = rangeStart + query.offset;
  if (query.offset > 0 && start >= rangeEnd) {
    throw new VaultError(
      'bad_argument',
      `offset ${query.offset} is past the end: ${rangeEnd - rangeStart} characters.`,
    );
  }
  const end = cutPoint(text, start, rangeEnd, query.maxChars);
  return {
    text: text.slice(start, end),
    firstLine: lineAt(starts, start),
    lastLine: lineAt(starts, Math.max(start, end - 1)),
    totalLines: starts.length,
    nextOffset: end < rangeEnd ? end - rangeStart : undefined,
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1 && at + 1 < text.length; at = text.indexOf('\n', at + 1)) {
    starts.push(at + 1);
  }
  return starts;
}

/** The line, from 1, that holds the character at `offset`. */
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

function lineRange(text: string, path: string, starts: readonly number[], query: PassageQuery): [number, number] {
  const { section, startLine, endLine } = query;
  if (section !== undefined) {
    if (startLine !== undefined || endLine !== undefined) {
      throw new VaultError('bad_argument', 'Ask for a section or for lines, not both.');
    }
    const { heading, endLine: lastLine } = findSection(text, section, path);
    return [heading.line, Math.min(lastLine, starts.length)];
  }
  const first = startLine ?? 1;
  const last = Math.min(endLine ?? starts.length, starts.length);
  if (first > starts.length) {
    throw new VaultError('bad_argument', `start_line ${first} is past the end: the note has ${starts.length} lines.`);
  }
  if (last < first) throw new VaultError('bad_argument', 'end_line comes before start_line.');
  return [first, last];
}

function cutPoint(text: string, start: number, rangeEnd: number, maxChars: number): number {
  if (rangeEnd - start <= maxChars) return rangeEnd;
  const lineEnd = text.lastIndexOf('\n', start + maxChars - 1) + 1;
  return lineEnd > start
    ? lineEnd
    : start + Math.max(1, cutText(text.slice(start, start + maxChars + 1), maxChars).length);
}
