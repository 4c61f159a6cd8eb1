import type { NoteToIndex } from './note-index.js';
import type { Ranking } from './rank.js';
import type { SearchQuery } from './search.js';

export interface WorkerSettings {
  /** The vault that the index on disk must be of. */
  readonly root: string;
  /** Where the index is kept on disk; nowhere when undefined. */
  readonly cachePath: string | undefined;
}

export interface Totals {
  readonly notes: number;
  readonly chunks: number;
}

export interface LoadedNote {
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
  readonly indexedMs: number;
}

/** What the worker can be asked. */
export interface Calls {
  /** Waits for the index on disk, if there is one, and tells what it has. */
  load(argument: undefined): Promise<{ notes: LoadedNote[]; totals: Totals }>;
  put(argument: { note: NoteToIndex; isForced: boolean; nowMs: number }): Promise<Totals>;
  remove(argument: { path: string }): Promise<Totals>;
  search(argument: { query: SearchQuery }): Promise<Ranking>;
  compact(argument: undefined): Promise<void>;
  save(argument: undefined): Promise<void>;
}

export interface Request {
  readonly id: number;
  readonly name: keyof Calls;
  readonly argument: unknown;
}

export interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
}
