import { NotesError } from '../errors.js';
import type { ParsedNote } from '../markdown/note.js';
import { createLineCounter } from '../markdown/note-text.js';
import type { InsertChange } from '../notes.js';
import { findHeading } from '../read/find-section.js';
import { withLineEnding, withUnicodeFormOf } from './note-style.js';

/**
 * Returns the note's text with whole lines added, and the line, from 1, at which they begin. A list goes on, other text is set
 * off by a blank line. Throws NotesError as `findHeading` does, or `bad_argument`.
 */
export function insertText(
  note: ParsedNote,
  insertion: Omit<InsertChange, 'path' | 'ifMatch'>,
  path: string,
): { text: string; line: number } {
  const added = insertion.text
    .replace(/\r\n/g, '\n')
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd();
  const { heading: wanted, position = 'end', create = false } = insertion;
  if (added === '' && position !== 'replace') throw new NotesError('bad_argument', 'The text to insert is empty.');
  if (position === 'replace' && wanted === undefined) {
    throw new NotesError(
      'bad_argument',
      'To replace a section, name its heading. To replace the whole note, use vault_write.',
    );
  }
  const heading = wanted === undefined ? undefined : findOrMake(note, wanted, path, create);
  if (typeof heading === 'string')
    return put(note, `${heading}\n\n${added}`.trimEnd(), note.text.length, 0, note.text.length, 2);
  const start = heading?.contentStart ?? note.frontmatter.bodyStart;
  const end = position === 'replace' ? heading?.end : heading?.contentEnd;
  return position === 'replace'
    ? replaceSection(note, added, start, end ?? note.text.length)
    : insertBetween(note, added, start, end ?? note.text.length, position);
}

/** The heading, or the line of the one to make. */
function findOrMake(note: ParsedNote, wanted: string, path: string, mayMake: boolean) {
  try {
    return findHeading(note, wanted, path);
  } catch (error) {
    if (!mayMake || !(error instanceof NotesError) || error.code !== 'no_match') throw error;
    const name = wanted.replace(/\s+/g, ' ').trim();
    return /^#{1,6} /.test(name) ? name : `## ${name}`;
  }
}

function insertBetween(note: ParsedNote, added: string, start: number, end: number, position: 'start' | 'end') {
  const { text } = note;
  const body = text.slice(start, end);
  const written = body.trimEnd().length;
  let at = start;
  if (position === 'start' || written === 0) at += /^[ \t]*\r?\n/.exec(body)?.[0].length ?? 0;
  else {
    const lineEnd = text.indexOf('\n', start + written);
    at = lineEnd === -1 ? text.length : lineEnd + 1;
  }
  return put(note, added, at, written === 0 ? headingEnd(note, start) : start, at);
}

/** The blank lines before and after what is replaced stay. */
function replaceSection(note: ParsedNote, added: string, start: number, end: number) {
  const body = note.text.slice(start, end);
  const written = body.trimEnd().length;
  const lead = written === 0 ? 0 : body.length - body.trimStart().length;
  const from = written === 0 ? start : start + body.lastIndexOf('\n', lead) + 1;
  const lineEnd = note.text.indexOf('\n', start + written);
  const to = written === 0 ? start : lineEnd === -1 || lineEnd >= end ? end : lineEnd + 1;
  if (added === '')
    return { text: note.text.slice(0, from) + note.text.slice(to), line: createLineCounter(note.text)(from) };
  return put(note, added, from, written === 0 ? headingEnd(note, start) : start, to);
}

/** Where a gap may begin above the first text of a section: in its heading's line, unless it has none. */
function headingEnd({ frontmatter }: ParsedNote, start: number): number {
  return start > frontmatter.bodyStart ? start - 1 : start;
}

/** Puts lines in place of what stands from `at` to `to`; `gap` line breaks set them off unless the neighbours go on. */
function put(note: ParsedNote, added: string, at: number, bodyStart: number, to: number, gap = 1) {
  const { lineEnding } = note;
  const ending = note.text.includes('\n') ? lineEnding : '\n';
  const before = note.text.slice(0, at);
  const after = note.text.slice(to);
  const text = withUnicodeFormOf(note.text, withLineEnding(added, ending));
  // Without a line break at its end the note keeps none.
  const opens = before === '' || before.endsWith('\n') ? '' : ending;
  const closes = after === '' && opens !== '' ? '' : ending;
  const gapBefore = at > bodyStart && needsGap(lastLine(before), firstLine(text)) ? ending : '';
  const gapAfter = needsGap(lastLine(text), firstLine(after)) ? ending : '';
  const lead = before + opens + gapBefore;
  return { text: lead + text + closes + gapAfter + after, line: createLineCounter(lead)(lead.length) + (gap - 1) * 2 };
}

/** Whether two neighbouring lines would run together, or stick to a heading, without a blank line between them. */
function needsGap(line: string, next: string): boolean {
  if (line.trim() === '' || next.trim() === '') return false;
  if (isHeading(line) || isHeading(next)) return true;
  if (isListItem(next)) return !isListItem(line) && !/^[ \t]{2,}/.test(line);
  return !['|', '>'].some((mark) => line.startsWith(mark) && next.startsWith(mark));
}

function isHeading(line: string): boolean {
  return /^ {0,3}#{1,6}(?:[ \t]|$)/.test(line);
}

function isListItem(line: string): boolean {
  return /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]/.test(line);
}

function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return (end === -1 ? text : text.slice(0, end)).replace(/\r$/, '');
}

function lastLine(text: string): string {
  const end = text.endsWith('\n') ? text.length - 1 : text.length;
  return text.slice(text.lastIndexOf('\n', end - 1) + 1, end).replace(/\r$/, '');
}
