import type { Vectors } from './embeddings/request-vectors.js';
import type { EmbeddedNote } from './embeddings/vector-store.js';
import type { NoteToIndex } from './note-index.js';
import type { Ranking } from './rank.js';
import type { SearchQuery } from './search.js';

export interface WorkerSettings {
  /** The vault that the index on disk must be of. */
  readonly root: string;
  /** Where the index is kept on disk; nowhere when undefined. */
  readonly cachePath: string | undefined;
  /** Undefined when search goes by words alone. */
  readonly vectors: VectorSettings | undefined;
}

export interface VectorSettings {
  /** Where the vectors are kept on disk; nowhere when undefined. */
  readonly cachePath: string | undefined;
  /** Which vault, endpoint and model the vectors on disk must be of. */
  readonly source: string;
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
  search(argument: { query: SearchQuery; vector: Float32Array | undefined }): Promise<Ranking>;
  compact(argument: undefined): Promise<void>;
  save(argument: undefined): Promise<void>;
}

/** What it can be asked when it has `VectorSettings`, and once the index is complete: vectors of other notes are forgotten. */
export interface VectorCalls {
  /** Waits for the vectors on disk, if there are any, and tells the notes that were not embedded as they are now. */
  toEmbed(argument: undefined): Promise<{ paths: string[]; isFull: boolean }>;
  unknownVectors(argument: { keys: readonly string[] }): Promise<string[]>;
  putVectors(argument: { keys: readonly string[]; vectors: Vectors }): Promise<'taken' | 'full' | 'other length'>;
  /** Says that the sections of these notes were embedded, and keeps the vectors on disk when many are new. */
  putEmbedded(argument: { notes: readonly EmbeddedNote[] }): Promise<void>;
  saveVectors(argument: undefined): Promise<void>;
}

export type AllCalls = Calls & VectorCalls;

export interface Request {
  readonly id: number;
  readonly name: keyof AllCalls;
  readonly argument: unknown;
}

export interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
}
