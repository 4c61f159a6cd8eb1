import type { ParsedNote } from '../markdown/note.js';
import type * as notes from '../notes.js';

/** A note as the index takes it. */
export interface SearchableNote extends Pick<ParsedNote, 'text' | 'aliases' | 'tags' | 'frontmatter' | 'outline'> {
  /** In the vault, `/` between the parts, with its extension. */
  readonly path: string;
  readonly title: string;
}

export interface SearchQuery extends Pick<notes.SearchQuery, 'text' | 'limit' | 'perNote'> {
  /** The notes that the query's filters let through; all when undefined. */
  readonly isAllowed?: ((noteId: number) => boolean) | undefined;
}

/** `text` is empty when the note can no longer be read. */
export interface SearchHit extends Omit<notes.SearchHit, 'path' | 'title'> {
  readonly noteId: number;
}

export interface SearchAnswer {
  /** Best first. */
  readonly hits: readonly SearchHit[];
  /** Whether nearness of meaning counted; undefined when it is turned off. */
  readonly isByMeaning?: boolean | undefined;
}

export interface SearchStatus {
  readonly sections: number;
  /** Sections that have a vector. */
  readonly withVectors: number;
}

/** Gives UTF-16 units `start` to `end` of a note's text as it is now, the byte order mark left out; undefined when it cannot be read. */
export type ReadSpan = (noteId: number, start: number, end: number) => string | undefined;

/** The index of the notes' sections, in tables of the catalogue's database; lives in the thread of the notes. */
export interface NoteSearch {
  /** Puts a note in place of the one with that id; ids are positive integers below 2^40. Runs in the caller's transaction. */
  writeNote(noteId: number, note: SearchableNote): void;
  removeNote(noteId: number): void;
  /** Call when the notes written so far are committed: what is new gets its vectors from the endpoint, if there is one. */
  wake(): void;
  /** Waits for the endpoint's vector of the query, at most 2 s, and runs synchronously otherwise; never rejects for the endpoint's sake. */
  search(query: SearchQuery): Promise<SearchAnswer>;
  status(): SearchStatus;
  /** Ends requests to the endpoint; the database stays open. */
  close(): Promise<void>;
}
