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
const maxLength = 16_000;

/**
 * Cuts a note at its headings of level 1 and 2, and longer sections between paragraphs. A heading without text stands with
 * what follows it; what has no text at all is left out, and so is the title.
 */
export function cutSections(note: SearchableNote): SearchSection[] {
  // A part ends between half of the length and the whole.
  const length = Math.max(maxLength, Math.ceil((note.text.length / maxSections) * 4));
  const whole: SearchSection[] = [];
  const path: { level: number; text: string }[] = [];
  let open:
    | { heading: string; headings: string[]; line: number; start: number; end: number; isBare: boolean }
    | undefined;
  const { bodyStart } = note.frontmatter;
  const top = { level: 0, text: '', start: bodyStart, line: 1 + countBreaks(note.text, 0, bodyStart) };
  const pieces = note.outline[0]?.start === bodyStart ? note.outline : [top, ...note.outline];
  for (const [index, { level, text, start, line }] of pieces.entries()) {
    const end = pieces[index + 1]?.start ?? note.text.length;
    while ((path.at(-1)?.level ?? -1) >= level) path.pop();
    path.push({ level, text });
    const firstLine = note.text.indexOf('\n', start);
    const isBare = level > 0 && (firstLine < 0 || !/[\p{L}\p{N}]/u.test(note.text.slice(firstLine, end)));
    // The title counts for all sections.
    if (isBare && level === 1 && text === note.title && end < note.text.length) continue;
    const heading = level > 1 ? text : '';
    if (open !== undefined && (level > 2 || open.isBare) && end - open.start <= length) {
      open.end = end;
      if (heading !== '') open.headings.push(heading);
      if (level <= 2) open.heading = heading;
      open.isBare &&= isBare;
      continue;
    }
    const headings = path.filter((above) => above.level > 1).map((above) => above.text);
    open = { heading, headings, line, start, end, isBare };
    whole.push(open);
  }
  return whole
    .flatMap((section) => cutLong(note.text, section, length))
    .filter(({ start, end }) => note.text.slice(start, end).trim() !== '')
    .slice(0, maxSections);
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

export function countBreaks(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
