import type { SearchableNote } from './search.js';

/** A piece of a note that search finds as a whole: a section under a heading of level 2, or a part of a long one. */
export interface SearchSection {
  /** The text of the heading that it stands under. */
  readonly heading: string;
  /** All headings that stand in it or above it, but for the title's. */
  readonly headings: readonly string[];
  /** The first line's number in the note, from 1. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** As many as the place of a section in an id of the index can tell apart. */
export const maxSections = 4096;
/** Pieces with less text than this are not worth a hit. */
const minLength = 20;
const maxLength = 16_000;

/** Cuts a note at its headings of level 1 and 2, and longer sections between paragraphs; leaves out what has next to no text. */
export function cutSections(note: SearchableNote): SearchSection[] {
  // A part ends between half of the length and the whole.
  const length = Math.max(maxLength, Math.ceil((note.text.length / maxSections) * 4));
  const whole: SearchSection[] = [];
  const path: { level: number; text: string }[] = [];
  let open: { heading: string; headings: string[]; line: number; start: number; end: number } | undefined;
  for (const { heading: at, line, start, end } of note.sections) {
    const heading = note.outline[at];
    if (heading !== undefined) {
      while ((path.at(-1)?.level ?? 0) >= heading.level) path.pop();
      path.push(heading);
    }
    const isNew = open === undefined || (heading?.level ?? 0) <= 2 || end - open.start > length;
    if (!isNew && open !== undefined) {
      open.end = end;
      if (heading !== undefined) open.headings.push(heading.text);
      continue;
    }
    const body = Math.max(start, Math.min(end, note.frontmatter.bodyStart));
    const headings = path.filter(({ level }) => level > 1).map(({ text }) => text);
    open = {
      heading: heading !== undefined && heading.level > 1 ? heading.text : '',
      headings,
      line,
      start: body,
      end,
    };
    if (body > start) open.line += countBreaks(note.text, start, body);
    whole.push(open);
  }
  const long = whole.filter(({ start, end }) => textLength(note.text, start, end) >= minLength);
  const kept = (long.length > 0 ? long : whole)
    .flatMap((section) => cutLong(note.text, section, length))
    .filter(({ start, end }) => textLength(note.text, start, end) > 0);
  return kept.slice(0, maxSections);
}

/** Cuts a section into parts of between half of `length` and `length`. */
export function cutLong(text: string, section: SearchSection, length: number): SearchSection[] {
  const parts: SearchSection[] = [];
  let { start, line } = section;
  while (section.end - start > length) {
    const end = cutBefore(text, start + length / 2, start + length);
    parts.push({ ...section, line, start, end });
    line += countBreaks(text, start, end);
    start = end;
  }
  parts.push({ ...section, line, start });
  return parts;
}

/** After the last empty line between two offsets, else after the last line break or space, else at the second. */
function cutBefore(text: string, from: number, to: number): number {
  const window = text.slice(from, to);
  for (const sign of ['\n\n', '\n', ' ']) {
    const at = window.lastIndexOf(sign);
    if (at >= 0) return Math.floor(from) + at + sign.length;
  }
  return Math.floor(to) - (/[\uD800-\uDBFF]$/.test(window) ? 1 : 0);
}

function textLength(text: string, start: number, end: number): number {
  return text.slice(start, end).trim().length;
}

export function countBreaks(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
