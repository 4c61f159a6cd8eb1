import { readOutline } from '../vault/outline.js';

/** A section of a note under a heading of level 2, or what precedes the first one. */
export interface Chunk {
  /** Its place among all sections of the note, skipped ones counted. */
  readonly ordinal: number;
  /** The text of its heading; empty for the first part. */
  readonly heading: string;
  /** The texts of the deeper headings in it. */
  readonly subheadings: readonly string[];
  /** All its lines, the heading's too. */
  readonly lines: readonly string[];
  /** The first line's number in the note, from 1. */
  readonly line: number;
}

/** Sections with less text than this are not worth a hit. */
const minLength = 20;

/** Splits a note at its headings of level 2 and leaves out sections of under 20 characters, unless it has no others. */
export function splitChunks(text: string): Chunk[] {
  const lines = text.split(/\r?\n/);
  const sections = [{ heading: '', line: 1, subheadings: [] as string[] }];
  for (const { level, text: heading, line } of readOutline(text)) {
    if (level === 2) sections.push({ heading, line, subheadings: [] });
    else if (level > 2) sections.at(-1)?.subheadings.push(heading);
  }
  const chunks = sections.map((section, ordinal) => {
    const next = sections[ordinal + 1]?.line ?? lines.length + 1;
    return { ordinal, lines: lines.slice(section.line - 1, next - 1), ...section };
  });
  const long = chunks.filter((chunk) => textLength(chunk) >= minLength);
  return long.length > 0 ? long : chunks.filter((chunk) => textLength(chunk) > 0);
}

function textLength({ lines }: Chunk): number {
  return lines.join('\n').trim().length;
}
