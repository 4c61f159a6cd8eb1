import type { Database } from 'node-sqlite3-wasm';

/** The id of a section: the note's id and the section's place in it. */
export function sectionId(noteId: number, ordinal: number): number {
  return noteId * 4096 + ordinal;
}

export function noteOf(id: number): number {
  return Math.floor(id / 4096);
}

export function ordinalOf(id: number): number {
  return id % 4096;
}

/**
 * Makes the tables: the words of the sections, without their text, and for each note its sections (JSON), and their built-in
 * vectors and those of a model (one after the other; null while there are none).
 */
export function createSearchTables(db: Database): void {
  db.exec(`
    CREATE VIRTUAL TABLE search_words USING fts5(title, headings, labels, body, characters, content='', contentless_delete=1,
      tokenize="ascii tokenchars '+#.'");
    CREATE VIRTUAL TABLE search_terms USING fts5vocab(search_words, 'row');
    CREATE TABLE search_notes (id INTEGER PRIMARY KEY, sections TEXT NOT NULL, built_in BLOB, vectors BLOB);
    CREATE INDEX search_without_built_in ON search_notes (id) WHERE built_in IS NULL;
    CREATE INDEX search_pending ON search_notes (id) WHERE vectors IS NULL;
    CREATE TABLE search_about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  `);
}
