import type { CallToolResult } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { defined } from '../defined.js';
import { oneLine } from '../foreign-text.js';
import type { Heading, Passage, ReadImage, ReadNote, ReadResult, ReadText } from '../notes/notes.js';
import { count } from '../words.js';
import * as shared from './arguments.js';
import { statusOf } from './note-lines.js';
import { isoTime, listLine, pathLine } from './text.js';

/** The limits of what an answer says about a note beside its text: a few lines for most notes, a few KB at most. */
const shownAliases = 10;
const shownTags = 20;
const shownHeadings = 40;
const shownReferences = 20;
const shownProperties = 15;
const shownChars = 80;
const propertyChars = 150;

/** What an answer says about a file; members without a value are absent. */
export const fileOut = z.object({
  path: z.string().optional(),
  title: z.string().optional(),
  domain: z.string().optional(),
  status: z.string().optional(),
  created: z.string().optional(),
  updated: z.string().optional(),
  aliases: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
  sections: z.array(z.string()).optional().describe('Headings'),
  cross_references: z.array(z.string()).optional(),
  other: z.record(z.string(), z.string()).optional(),
  problem: z.string().optional(),
  outline: z.array(z.object({ level: z.number(), text: z.string(), line: z.number() })).optional(),
  mime_type: z.string().optional(),
  modified: z.string().optional(),
  hash: shared.hashOut.optional(),
  first_line: z.number().optional(),
  last_line: z.number().optional(),
  total_lines: z.number().optional(),
  next_offset: z.number().optional().describe('Offset of the next part; absent at the end'),
  text: z.string().optional(),
  error: z.string().optional(),
});

export interface FileAnswer {
  readonly data: z.input<typeof fileOut>;
  readonly text: string;
  readonly image?: CallToolResult['content'][number];
}

/** How much an answer says about a note: `whole` adds its metadata, `outline` gives the headings instead of the text. */
export type Detail = 'whole' | 'part' | 'outline';

/** Returns what an answer says about one file that was read. */
export function fileAnswer(result: ReadResult, detail: Detail): FileAnswer {
  switch (result.kind) {
    case 'note':
      return noteAnswer(result, detail);
    case 'text':
      return textAnswer(result);
    case 'image':
      return imageAnswer(result);
    case 'failure':
      return { data: { path: result.path, error: result.message }, text: result.message };
  }
}

function noteAnswer(note: ReadNote, detail: Detail): FileAnswer {
  const { path, hash, modifiedMs } = note;
  const outline = detail === 'outline' ? note.outline.map(cutHeading) : undefined;
  const data = {
    path,
    title: oneLine(note.title, 200),
    ...(detail === 'whole' ? metadata(note) : {}),
    ...defined({ problem: note.problem, outline }),
    modified: isoTime(modifiedMs),
    hash,
    ...(detail === 'outline'
      ? { total_lines: note.totalLines, ...defined({ next_offset: note.nextOffset }) }
      : passageData(note)),
  };
  const lines = detail === 'outline' ? outlineLines(note) : passageLine(note);
  const rows: Row[] = [
    ['Title', data.title],
    ['Path', pathLine(path)],
    ...(detail === 'whole' ? metadataRows(note) : []),
    ['Problem', note.problem],
    ['Modified', data.modified],
    ['Hash', hash],
    lines,
  ];
  const body = detail === 'outline' ? (outline ?? []).map(outlineLine).join('\n') : note.text;
  return { data, text: `${header(rows)}\n---\n${body}` };
}

function textAnswer(file: ReadText): FileAnswer {
  const { path, mimeType, hash, size, modifiedMs } = file;
  const data = { path, mime_type: mimeType, modified: isoTime(modifiedMs), hash, ...passageData(file) };
  const rows: Row[] = [
    ['Path', pathLine(path)],
    ['Type', `${mimeType}, ${count(size, 'byte')}`],
    ['Modified', data.modified],
    ['Hash', hash],
    passageLine(file),
  ];
  return { data, text: `${header(rows)}\n---\n${file.text}` };
}

function imageAnswer({ path, mimeType, bytes, modifiedMs }: ReadImage): FileAnswer {
  const data = { path, mime_type: mimeType, modified: isoTime(modifiedMs) };
  const rows: Row[] = [
    ['Path', pathLine(path)],
    ['Type', `${mimeType}, ${count(bytes.length, 'byte')}`],
    ['Modified', data.modified],
  ];
  const { buffer, byteOffset, byteLength } = bytes;
  const encoded = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  return { data, text: header(rows), image: { type: 'image', data: encoded, mimeType } };
}

function passageData({ text, firstLine, lastLine, totalLines, nextOffset }: Passage) {
  const lines = { first_line: firstLine, last_line: lastLine, total_lines: totalLines };
  return { ...lines, ...defined({ next_offset: nextOffset }), text };
}

function metadata(note: ReadNote) {
  const lists = {
    aliases: note.aliases.slice(0, shownAliases).map(short),
    tags: note.tags.slice(0, shownTags).map(short),
    sections: note.outline.slice(0, shownHeadings).map(({ text }) => short(text)),
    cross_references: note.crossReferences.slice(0, shownReferences).map(short),
  };
  return {
    domain: note.domain,
    ...defined({ status: statusOf(note), created: cut(note.created), updated: cut(note.updated) }),
    ...lists,
    other: Object.fromEntries(otherProperties(note)),
  };
}

type Row = readonly [name: string, value: string | undefined];

function metadataRows(note: ReadNote): Row[] {
  const headings = note.outline.map(({ text }) => text);
  const other = otherProperties(note).map(([key, value]) => `${key}: ${value}`);
  return [
    ['Domain', note.domain],
    ['Status', statusOf(note)],
    ['Created', cut(note.created)],
    ['Updated', cut(note.updated)],
    ['Aliases', listLine(note.aliases, note.aliases.length, shownAliases, shownChars)],
    ['Tags', listLine(note.tags, note.tags.length, shownTags, shownChars)],
    ['Sections', listLine(headings, note.totalHeadings, shownHeadings, shownChars)],
    ['Cross-references', listLine(note.crossReferences, note.totalCrossReferences, shownReferences, shownChars)],
    ['Other', oneLine(other.join('; '), 2000)],
  ];
}

function otherProperties({ other }: ReadNote): [string, string][] {
  const entries = Object.entries(other).slice(0, shownProperties);
  return entries.map(([key, value]) => [short(key), oneLine(value, propertyChars)]);
}

function passageLine({ firstLine, lastLine, totalLines, nextOffset }: Passage): Row {
  return ['Lines', `${firstLine}-${lastLine} of ${totalLines}${cutNote(nextOffset)}`];
}

function outlineLines({ outline, totalHeadings, totalLines, nextOffset }: ReadNote): Row {
  const shown = outline.length < totalHeadings ? `${outline.length} of ` : '';
  return ['Headings', `${shown}${totalHeadings}, in ${count(totalLines, 'line')}${cutNote(nextOffset)}`];
}

function cutNote(nextOffset: number | undefined): string {
  return nextOffset === undefined ? '' : `; cut off here, go on with offset ${nextOffset}`;
}

function outlineLine({ level, text, line }: Heading): string {
  return `${line}: ${'#'.repeat(level)} ${text}`;
}

function cutHeading({ level, text, line }: Heading): Heading {
  return { level, text: oneLine(text, 100), line };
}

function short(value: string): string {
  return oneLine(value, shownChars);
}

function cut(value: string | undefined): string | undefined {
  return value === undefined ? undefined : short(value);
}

/** What a note's text follows, so that nothing in it can pass for the header. */
function header(rows: readonly Row[]): string {
  const filled = rows.filter(([, value]) => value !== undefined && value !== '');
  return filled.map(([name, value]) => `${name}: ${oneLine(value ?? '', 4096)}`).join('\n');
}
