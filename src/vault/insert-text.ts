import { VaultError } from './errors.js';
import { findFrontmatter } from './frontmatter.js';
import { lineEndingOf, withLineEnding, withUnicodeFormOf } from './note-text.js';
import { findSection } from './outline.js';

export interface Insertion {
  readonly text: string;
  /** Under which heading, see `findSection`; the whole note unless told. */
  readonly heading?: string | undefined;
  /** At the start of what stands there, or at its end before the next heading of any level. */
  readonly position: 'start' | 'end';
}

/**
 * Returns `note` with whole lines added under a heading, or at the start (after the frontmatter) or end of the note, and the
 * line, from 1, at which they begin. A list goes on, other text is set off by a blank line. Throws VaultError as
 * `findSection` does, or `bad_argument`.
 */
export function insertText(note: string, insertion: Insertion, path: string): { text: string; line: number } {
  const added = insertion.text.replace(/\r\n/g, '\n').replace(/^\n+/, '').trimEnd();
  if (added === '') throw new VaultError('bad_argument', 'The text to insert is empty.');
  const section = insertion.heading === undefined ? undefined : findSection(note, insertion.heading, path);
  const bodyStart = section?.heading.end ?? findFrontmatter(note)?.bodyStart ?? 0;
  const bodyEnd = section?.bodyEnd ?? note.length;
  const at = insertion.position === 'start' ? startOf(note, bodyStart, bodyEnd) : endOf(note, bodyStart, bodyEnd);

  const ending = lineEndingOf(note);
  const before = note.slice(0, at);
  const after = note.slice(at);
  const text = withUnicodeFormOf(note, withLineEnding(added, ending));
  // Without a line break at its end the note keeps none.
  const opens = before === '' || before.endsWith('\n') ? '' : ending;
  const closes = after === '' && opens !== '' ? '' : ending;
  const gapBefore = at > bodyStart && needsGap(lastLine(before), firstLine(text)) ? ending : '';
  const gapAfter = needsGap(lastLine(text), firstLine(after)) ? ending : '';
  const lead = before + opens + gapBefore;
  return { text: lead + text + closes + gapAfter + after, line: lead.split('\n').length };
}

function startOf(note: string, bodyStart: number, bodyEnd: number): number {
  const body = note.slice(bodyStart, bodyEnd);
  if (body.trim() === '') return bodyStart;
  return bodyStart + (/^[ \t]*\r?\n/.exec(body)?.[0].length ?? 0);
}

function endOf(note: string, bodyStart: number, bodyEnd: number): number {
  const written = note.slice(bodyStart, bodyEnd).trimEnd().length;
  if (written === 0) return bodyStart;
  const lineEnd = note.indexOf('\n', bodyStart + written);
  return lineEnd === -1 ? note.length : lineEnd + 1;
}

/** Whether two neighbouring lines would run together, or stick to a heading, without a blank line between them. */
function needsGap(line: string, next: string): boolean {
  if (line.trim() === '' || next.trim() === '' || isHeading(line)) return false;
  if (isHeading(next)) return true;
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
