import { VaultError } from '../vault/errors.js';
import { cutText, oneLine } from './text.js';

/** A heading line of a note, outside of fenced code. */
export interface Heading {
  readonly level: number;
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

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

/** Cuts the passage out of a note's text, at a line's end where it can; rejects as bad_argument or not_found. */
export function selectPassage(text: string, query: PassageQuery): Passage {
  const starts = lineStarts(text);
  const [firstLine, lastLine] = lineRange(text, starts, query);
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

/** The headings of a Markdown text (ATX), in order; those inside fenced code are none. */
export function headingsOf(text: string): Heading[] {
  const headings: Heading[] = [];
  let fence: string | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const marker = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (marker?.startsWith(fence) && line.trim() === marker) fence = undefined;
      continue;
    }
    if (marker !== undefined) {
      fence = marker;
      continue;
    }
    const [, hashes, words] = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*\r?$/.exec(line) ?? [];
    if (hashes !== undefined) headings.push({ level: hashes.length, text: words ?? '', line: index + 1 });
  }
  return headings;
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

function lineRange(text: string, starts: readonly number[], query: PassageQuery): [number, number] {
  const { section, startLine, endLine } = query;
  if (section !== undefined) {
    if (startLine === undefined && endLine === undefined) return sectionRange(text, starts.length, section);
    throw new VaultError('bad_argument', 'Ask for a section or for lines, not both.');
  }
  const first = startLine ?? 1;
  const last = Math.min(endLine ?? starts.length, starts.length);
  if (first > starts.length) {
    throw new VaultError('bad_argument', `start_line ${first} is past the end: the note has ${starts.length} lines.`);
  }
  if (last < first) throw new VaultError('bad_argument', 'end_line comes before start_line.');
  return [first, last];
}

function sectionRange(text: string, totalLines: number, section: string): [number, number] {
  const headings = headingsOf(text);
  const wanted = headingKey(section);
  const matches = headings.filter((heading) => headingKey(heading.text) === wanted);
  const [match] = matches;
  if (match === undefined) {
    const names = headings.slice(0, 30).map((heading) => `"${oneLine(heading.text, 100)}"`);
    const hint = names.length === 0 ? 'The note has no sections.' : `Its sections: ${names.join(', ')}.`;
    throw new VaultError('not_found', `No section "${oneLine(section, 100)}" in this note.`, { hint });
  }
  if (matches.length > 1) {
    const lines = matches.map(({ line }) => line).join(', ');
    const message = `${matches.length} sections have that heading, at lines ${lines}: use start_line and end_line.`;
    throw new VaultError('ambiguous_match', message);
  }
  const next = headings.find(({ line, level }) => line > match.line && level <= match.level);
  return [match.line, next === undefined ? totalLines : next.line - 1];
}

function headingKey(text: string): string {
  return text
    .replace(/^#{1,6}[ \t]+/, '')
    .trim()
    .normalize('NFC');
}

function cutPoint(text: string, start: number, rangeEnd: number, maxChars: number): number {
  if (rangeEnd - start <= maxChars) return rangeEnd;
  const lineEnd = text.lastIndexOf('\n', start + maxChars - 1) + 1;
  return lineEnd > start
    ? lineEnd
    : start + Math.max(1, cutText(text.slice(start, start + maxChars + 1), maxChars).length);
}
