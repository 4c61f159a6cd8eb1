import type { Draft } from '../rules/draft.js';
import type { StateView } from '../schema.js';

export interface TransitionContext {
  /** Seconds since the epoch, when `update` was called. A re-run gets the same value. */
  readonly now: number;
  /** Cryptographic random bytes. A re-run of the same transition gets the same bytes in the same order. */
  random(bytes: number): Uint8Array;
  /** True while the state file cannot be written or the clock cannot be trusted: refresh must not rotate then. */
  readonly degraded: boolean;
}

/**
 * Changes only the draft, and returns the answer. It may run again on another draft. If it throws, its changes are dropped
 * and only its own caller is rejected. A draft without changes causes no write.
 */
export type Transition<T> = (draft: Draft, at: TransitionContext) => T;

export interface Committed<T> {
  readonly value: T;
  /** False while the change is only in memory, because the disk cannot be written. It is saved when the fault ends. */
  readonly durable: boolean;
}

export interface StoreHealth {
  readonly degraded: boolean;
  readonly reason?: string;
  /** What the operator must do, in words that may be public. */
  readonly advice?: string;
  /** Seconds since the epoch. */
  readonly since?: number;
  /** True while there is a file that could not be read since the start. Nobody may be refused then. */
  readonly unread?: boolean;
  /** When this server started empty because the file was damaged, if within the last hour; seconds since the epoch. */
  readonly startedEmptyAt?: number;
}

/** Counters since start, for metrics. */
export interface StoreCounters {
  readonly saves: number;
  readonly failedSaves: number;
  /** Seconds since the epoch; undefined before the first. */
  readonly lastSavedAt?: number;
}

/**
 * The one way to read and change clients, grants and tokens. It guarantees: what `update` answered as durable is in the
 * file, also after a crash. What was revoked stays revoked. Processes do not undo each other's changes.
 */
export interface StateStore {
  /** The absolute path of the state file, or undefined in memory. */
  readonly path: string | undefined;
  /** The current state with unsaved changes; at most a second behind other processes. No I/O. */
  view(): StateView;
  /** Checks first whether the file was replaced; a check may be 5 ms old. Waits at most 100 ms for a disk that hangs. */
  recentView(): Promise<StateView>;
  /** Reads the file first, however long that takes. For decisions that need the latest change of another process. */
  freshView(): Promise<StateView>;
  update<T>(transition: Transition<T>): Promise<Committed<T>>;
  /** Saves a change that may wait (last use) with the next save, after at most an hour or at close. If it throws, nothing changes. */
  defer(transition: Transition<void>): void;
  health(): StoreHealth;
  counters(): StoreCounters;
  /** True while the clock cannot be trusted: records may only seem expired. Nothing is pruned then. */
  isClockSuspect(): boolean;
  /** Saves unsaved changes and stops watching. If this save fails, it rejects with an error that says what is lost. */
  close(): Promise<void>;
}
