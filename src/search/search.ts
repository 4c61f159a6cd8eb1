import type { NoteMetadata } from '../vault/vault.js';

export interface SearchQuery {
  readonly text: string;
  /** Notes at most. */
  readonly limit: number;
  /** Only notes below this folder, `/` between the parts. */
  readonly folder?: string;
  /** Only notes with this tag, without `#`. */
  readonly tag?: string;
  readonly status?: NonNullable<NoteMetadata['status']>;
}

export interface SearchHit {
  readonly path: string;
  readonly title: string;
  /** The `## ` heading, or an empty string for what precedes the first. */
  readonly section: string;
  readonly score: number;
  /** The passage around the match. */
  readonly text: string;
  /** The passage's first and last line in the note, from 1. */
  readonly line: number;
  readonly endLine: number;
}

export interface IndexStatus {
  /** False until the first pass over the vault is done; search answers with what it has before that. */
  readonly ready: boolean;
  /** Notes found in the vault; grows while the first pass runs. */
  readonly files: number;
  /** Notes of these that a search sees. */
  readonly indexed: number;
  readonly chunks: number;
}

export interface SearchAnswer {
  readonly hits: readonly SearchHit[];
  /** The index's status at that moment. */
  readonly status: IndexStatus;
  /** Whether nearness of meaning counted too; undefined when it is off. */
  readonly isByMeaning?: boolean;
}

/** Search over a vault, kept up to date by its watcher. */
export interface SearchIndex {
  /** Best first, one hit a note. */
  search(query: SearchQuery): Promise<SearchAnswer>;
  /** Rebuilds from disk; undefined while the first pass is still running. */
  reindex(): Promise<{ files: number; chunks: number; seconds: number } | undefined>;
  /** Tells the index that this process changed or removed a note; resolves when a search sees it. */
  noteChanged(path: string): Promise<void>;
  status(): IndexStatus;
  close(): Promise<void>;
}
