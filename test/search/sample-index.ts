import { NoteIndex, type NoteToIndex } from '../../src/search/note-index.js';
import { rank } from '../../src/search/rank.js';
import type { SearchQuery } from '../../src/search/search.js';

export function toNote(path: string, text: string, more: Partial<NoteToIndex> = {}): NoteToIndex {
  const title = /^# (.*)$/m.exec(text)?.[1] ?? path;
  return { path, text, title, status: undefined, tags: [], size: text.length, modifiedMs: 1, hash: text, ...more };
}

/** An index of notes given as path and text. */
export function indexOf(notes: Readonly<Record<string, string>>): NoteIndex {
  const index = new NoteIndex();
  for (const [path, text] of Object.entries(notes)) index.put(toNote(path, text), 1000);
  return index;
}

export function pathsFound(index: NoteIndex, text: string, more: Partial<SearchQuery> = {}): string[] {
  return rank(index, { text, limit: 10, ...more }).candidates.map(({ path }) => path);
}
