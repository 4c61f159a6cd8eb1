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
  const { bodyStart } = note.frontmatter;
  const top = { level: 0, text: '', start: bodyStart, line: 1 + countBreaks(note.text, 0, bodyStart) };
  const pieces = note.outline[0]?.start === bodyStart ? note.outline : [top, ...note.outline];
  for (const [index, { level, text, start, line }] of pieces.entries()) {
    const end = pieces[index + 1]?.start ?? note.text.length;
    while ((path.at(-1)?.level ?? -1) >= level) path.pop();
    path.push({ level, text });
    if (open !== undefined && level > 2 && end - open.start <= length) {
      open.end = end;
      open.headings.push(text);
      continue;
    }
    const headings = path.filter((heading) => heading.level > 1).map((heading) => heading.text);
    open = { heading: level > 1 ? text : '', headings, line, start, end };
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
