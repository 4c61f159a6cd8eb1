import type { Database } from 'node-sqlite3-wasm';
import { createSearchTables, searchVersion } from '../search/open-note-search.js';

/** Raised when these tables, or what the parser writes to them, change. The catalogue is then rebuilt. */
const schemaVersion = 5;

/** What the file must say of itself to be used; `root` is the vault's folder. */
export function catalogueVersion(root: string): string {
  return JSON.stringify([schemaVersion, searchVersion, root]);
}

/** Makes the tables in an empty database. */
export function createTables(db: Database, version: string): void {
  db.exec(`
    BEGIN;
    CREATE TABLE about (version TEXT NOT NULL);
    -- kind: 0 attachment, 1 note, 2 canvas. *_key: folded, as it is compared. lists: tags and aliases as JSON.
    -- link_count: of the links that were read, those to the file's own headings too.
    CREATE TABLE files (
      id INTEGER PRIMARY KEY,
      path TEXT NOT NULL UNIQUE,
      path_key TEXT NOT NULL,
      name_key TEXT NOT NULL,
      kind INTEGER NOT NULL,
      listed INTEGER NOT NULL,
      stamp TEXT NOT NULL,
      hash TEXT,
      size INTEGER,
      modified_ms REAL,
      title TEXT,
      domain TEXT,
      domain_key TEXT,
      status TEXT,
      status_key TEXT,
      created TEXT,
      updated TEXT,
      lists TEXT,
      link_count INTEGER,
      problem_code TEXT,
      problem TEXT
    );
    CREATE INDEX files_path_key ON files (path_key);
    CREATE INDEX files_name_key ON files (name_key);
    CREATE INDEX files_modified ON files (modified_ms) WHERE kind = 1 AND listed = 1;
    CREATE INDEX files_problem ON files (problem_code) WHERE problem_code IS NOT NULL;
    CREATE TABLE tags (file_id INTEGER, key TEXT, tag TEXT, PRIMARY KEY (file_id, key)) WITHOUT ROWID;
    CREATE INDEX tags_key ON tags (key);
    CREATE TABLE properties (file_id INTEGER, key TEXT, value TEXT, PRIMARY KEY (file_id, key, value)) WITHOUT ROWID;
    CREATE INDEX properties_key ON properties (key, value);
    -- name_key: of the target's last part. style: how the target is looked for.
    CREATE TABLE links (
      file_id INTEGER,
      number INTEGER,
      style TEXT NOT NULL,
      target TEXT NOT NULL,
      anchor TEXT NOT NULL,
      line INTEGER NOT NULL,
      name_key TEXT NOT NULL,
      PRIMARY KEY (file_id, number)
    ) WITHOUT ROWID;
    CREATE INDEX links_name_key ON links (name_key);
    -- The move that is being made, and the files that it has rewritten, or is about to.
    CREATE TABLE move (plan TEXT NOT NULL);
    CREATE TABLE move_files (path TEXT PRIMARY KEY, hash TEXT NOT NULL, links INTEGER NOT NULL, reason TEXT);
  `);
  createSearchTables(db);
  db.run('INSERT INTO about VALUES (?)', [version]);
  db.exec('COMMIT');
}

/** What the database says it is; undefined when it has no such tables. */
export function readVersion(db: Database): string | undefined {
  const table = db.get("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'about'");
  return table === null ? undefined : String(db.get('SELECT version FROM about')?.['version']);
}
