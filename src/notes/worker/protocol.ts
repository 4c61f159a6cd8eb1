import type { LogFields } from '../../log.js';
import type { Notes, NotesStatus } from '../notes.js';
import type { EmbeddingsOptions } from '../search/open-note-search.js';
import type { FileVersion } from './progress.js';

/** What the worker can be asked: the contract's own calls, with their arguments but the signal. */
export type CallName = Exclude<keyof Notes, 'root' | 'status' | 'close'>;

/** The worker's answers to each call; `isCancelled` tells one that takes long to stop. */
export type Calls = {
  readonly [Name in CallName]: (
    argument: Parameters<Notes[Name]>[0],
    isCancelled: () => boolean,
  ) => Awaited<ReturnType<Notes[Name]>> | ReturnType<Notes[Name]>;
};

export interface Request {
  readonly id: number;
  readonly name: CallName | 'close';
  readonly argument: unknown;
}

export interface Failure {
  /** Of a NotesError; undefined for a failure that was not foreseen. */
  readonly code: string | undefined;
  readonly message: string;
  readonly hint: string | undefined;
  readonly stack: string | undefined;
}

export type Message =
  | { readonly id: number; readonly result?: unknown; readonly failure?: Failure }
  | { readonly status: NotesStatus }
  | { readonly log: 'debug' | 'info' | 'warn' | 'error'; readonly message: string; readonly fields: LogFields }
  /** The catalogue cannot go on; what was asked is to be asked again of a new worker with a new one. */
  | { readonly broken: string };

export interface WorkerSettings {
  /** The real path of the vault's folder. */
  readonly root: string;
  readonly ignore: readonly string[];
  readonly listUnderscore: boolean;
  readonly readOnly: boolean;
  readonly watch: boolean;
  readonly cataloguePath: string | undefined;
  readonly meaning: 'on' | 'off';
  readonly embeddings: EmbeddingsOptions | undefined;
  readonly dailyFolder: string | undefined;
  readonly dailyFormat: string | undefined;
  readonly nonce: string;
  readonly memory: SharedArrayBuffer;
  /** What earlier workers died of. */
  readonly tooSlow: readonly FileVersion[];
  /** The catalogue's file is not to be trusted. */
  readonly discard: boolean;
}
