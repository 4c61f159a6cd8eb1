import type { Database } from 'node-sqlite3-wasm';
import type { Log } from '../../log.js';
import type { NoteSearch, ReadSpan } from './search.js';

export interface NoteSearchOptions {
  readonly db: Database;
  readonly readSpan: ReadSpan;
  readonly log: Log;
  /** Whether the built-in word vectors are used where no endpoint is given; on unless told. */
  readonly meaning?: 'on' | 'off';
  /** Replaces the built-in word vectors. */
  readonly embeddings?: EmbeddingsOptions | undefined;
}

/** Where texts become vectors. */
export interface EmbeddingsOptions {
  readonly url: string;
  readonly model: string;
  /** Sent as a bearer token. */
  readonly apiKey?: string | undefined;
  /** What is written before a query and before a section; by the model's name unless told. */
  readonly prefixes?: { readonly query: string; readonly passage: string } | undefined;
}

/** Bumped when the tables or what stands in them changes: the catalogue is made anew. */
export const searchVersion = 1;

/** Makes the tables that search needs, in an empty database. */
export function createSearchTables(_db: Database): void {}

/** Opens the index in a database that has the tables. */
export function openNoteSearch(_options: NoteSearchOptions): NoteSearch {
  return {
    writeNote() {},
    removeNote() {},
    reload() {},
    wake() {},
    search: async () => ({ hits: [] }),
    status: () => ({ sections: 0, withVectors: 0 }),
    close: async () => {},
  };
}
