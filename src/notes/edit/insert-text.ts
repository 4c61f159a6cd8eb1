import { NotesError } from '../errors.js';
import type { ParsedNote } from '../markdown/note.js';
import { createLineCounter, endOfLines } from '../markdown/note-text.js';
import type { InsertChange } from '../notes.js';
import { findHeading } from '../read/find-section.js';
import { lineEndingOf, withLineEnding, withUnicodeFormOf } from './note-style.js';

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
  const { text, frontmatter } = note;
  if (typeof heading === 'string') {
    const made = put(note, `${heading}\n\n${added}`.trimEnd(), text.length, text.length, true);
    return { ...made, line: made.line + 2 };
  }
  const start = heading?.contentStart ?? frontmatter.bodyStart;
  const end = (position === 'replace' ? heading?.end : heading?.contentEnd) ?? text.length;
  const body = text.slice(start, end);
  const isEmpty = body.trim() === '';
  let from = start;
  let to = start;
  if (isEmpty || position === 'start') from = to = start + (/^[ \t]*\r?\n/.exec(body)?.[0].length ?? 0);
  else {
    to = endOfLines(text, start + body.trimEnd().length, 1);
    // The blank lines before and after what is replaced stay.
    from = position === 'end' ? to : start + body.lastIndexOf('\n', body.search(/\S/)) + 1;
  }
  if (added === '') return { text: text.slice(0, from) + text.slice(to), line: createLineCounter(text)(from) };
  return put(note, added, from, to, (isEmpty || position === 'end') && from > frontmatter.bodyStart);
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

/** Puts lines in place of what stands from `at` to `to`, set off by blank lines, before them if `mayGap`, unless the neighbours go on. */
function put(note: ParsedNote, added: string, at: number, to: number, mayGap: boolean) {
  const ending = lineEndingOf(note.text);
  const before = note.text.slice(0, at);
  const after = note.text.slice(to);
  const text = withUnicodeFormOf(note.text, withLineEnding(added, ending));
  // Without a line break at its end the note keeps none.
  const opens = before === '' || before.endsWith('\n') ? '' : ending;
  const closes = after === '' && opens !== '' ? '' : ending;
  const gapBefore = mayGap && needsGap(lastLine(before), firstLine(text)) ? ending : '';
  const gapAfter = needsGap(lastLine(text), firstLine(after)) ? ending : '';
  const lead = before + opens + gapBefore;
  return { text: lead + text + closes + gapAfter + after, line: createLineCounter(lead)(lead.length) };
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
