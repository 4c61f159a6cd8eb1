import sqlite from 'node-sqlite3-wasm';
import { silentLog } from '../src/log.js';
import { readNote } from '../src/notes/markdown/read-note.js';
import { createSearchTables, type NoteSearchOptions, openNoteSearch } from '../src/notes/search/open-note-search.js';
import type { NoteSearch, SearchHit, SearchQuery } from '../src/notes/search/search.js';

/** An index over notes in memory. */
export interface SearchIndex {
  readonly search: NoteSearch;
  readonly paths: readonly string[];
  find(text: string, query?: Partial<SearchQuery>): Promise<(SearchHit & { path: string })[]>;
  /** Adds or replaces a note; without text removes it. */
  put(path: string, text: string | undefined): void;
  close(): Promise<void>;
}

/** Indexes notes as the worker does, with the database in memory. */
export function indexNotes(
  notes: readonly { path: string; text: string }[],
  options: Partial<NoteSearchOptions> = {},
): SearchIndex {
  const db = new sqlite.Database();
  createSearchTables(db);
  const texts: string[] = [];
  const paths: string[] = [];
  const readSpan = (noteId: number, start: number, end: number) => texts[noteId - 1]?.slice(start, end);
  const search = openNoteSearch({ db, readSpan, log: silentLog, ...options });
  const put = (path: string, written: string | undefined): void => {
    if (!paths.includes(path)) paths.push(path);
    const noteId = paths.indexOf(path) + 1;
    const parsed = readNote(Buffer.from(written ?? ''));
    texts[noteId - 1] = parsed.text;
    const title = parsed.title ?? path.replace(/^.*\/|\.md$/g, '');
    if (written === undefined) search.removeNote(noteId);
    else search.writeNote(noteId, { ...parsed, path, title });
  };
  db.exec('BEGIN');
  for (const { path, text } of notes) put(path, text);
  db.exec('COMMIT');
  search.wake();
  return {
    search,
    paths,
    async find(text, query = {}) {
      const { hits } = await search.search({ text, limit: 10, ...query });
      return hits.map((hit) => ({ ...hit, path: paths[hit.noteId - 1] ?? '' }));
    },
    put,
    async close() {
      await search.close();
      db.close();
    },
  };
}
