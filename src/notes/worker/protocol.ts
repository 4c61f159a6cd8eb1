import type { LogFields } from '../../log.js';
import type { Notes, NotesStatus } from '../notes.js';
import type { OpenNotesOptions } from '../open-notes.js';

/** What the worker can be asked: the contract's own calls, with their arguments but the signal. */
export type CallName = Exclude<keyof Notes, 'root' | 'status' | 'close'>;

/** The worker's answers to each call; one that takes long asks now and then whether it is still wanted. */
export type Calls = {
  readonly [Name in CallName]: (
    argument: Parameters<Notes[Name]>[0],
    throwIfCancelled: () => void,
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

/** The options, whose `path` is the real one by now. */
export interface WorkerSettings extends Omit<OpenNotesOptions, 'log' | 'callTimeoutMs'> {
  readonly nonce: string;
  readonly memory: SharedArrayBuffer;
  /** The versions of files that earlier workers died of, by path. */
  readonly tooSlow: ReadonlyMap<string, string>;
  /** The catalogue's file is not to be trusted. */
  readonly discard: boolean;
}
