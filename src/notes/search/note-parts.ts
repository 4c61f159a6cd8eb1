import { cutLong, type SearchSection } from './cut-sections.js';
import type { SearchableNote } from './search.js';

/** What is kept of a note beside its words: enough to show its sections, and to embed them again. */
export interface NoteText {
  readonly title: string;
  /** Folders, name and tags. */
  readonly labels: string;
  /** Of each section: the heading that a hit shows last. */
  readonly headings: readonly (readonly string[])[];
  /** Pieces of the sections that have a vector each: section, line, start, end. */
  readonly parts: readonly (readonly [number, number, number, number])[];
  /** SHA-256 of what was sent to an endpoint for each part. */
  readonly keys?: readonly string[];
}

/** About 400 tokens, which even small models take. */
const maxPartLength = 1600;

export function toNoteText(note: SearchableNote, sections: readonly SearchSection[]): NoteText {
  return {
    title: note.title.slice(0, 300),
    labels: [note.path.replace(/\.md$/i, ''), ...note.tags].join('\n').slice(0, 1000),
    headings: sections.map(({ headings, heading }) => [
      ...headings
        .filter((text) => text !== heading)
        .slice(0, 20)
        .map((text) => text.slice(0, 200)),
      heading.slice(0, 200),
    ]),
    parts: sections.flatMap((section, ordinal) =>
      cutLong(note.text, section, maxPartLength).map(
        ({ line, start, end }) => [ordinal, line, Math.floor(start), Math.floor(end)] as const,
      ),
    ),
  };
}

/** The span of a section, and its first line. */
export function sectionSpan(note: NoteText, ordinal: number): { line: number; start: number; end: number } | undefined {
  const parts = note.parts.filter(([section]) => section === ordinal);
  const [first, last] = [parts[0], parts.at(-1)];
  return first && last && { line: first[1], start: first[2], end: last[3] };
}
