import type { Draft } from '../rules/draft.js';
import type { StateView } from '../schema.js';

export interface TransitionContext {
  /** Seconds since the epoch, fixed when `update` was called: a re-run sees the same. */
  readonly now: number;
  /** Cryptographic random bytes; a re-run of the same transition is given the same ones in the same order. */
  random(bytes: number): Uint8Array;
  /** True while the state file cannot be written or the clock cannot be trusted: refresh must not rotate then. */
  readonly degraded: boolean;
}

/**
 * Changes nothing but the draft, and returns what to answer; it may be run again on another draft. One that throws drops
 * its changes and rejects its own caller only; a draft without changes takes no write.
 */
export type Transition<T> = (draft: Draft, at: TransitionContext) => T;

export interface Committed<T> {
  readonly value: T;
  /** False when the change lives in memory only, because the disk refuses; it is saved when the fault ends. */
  readonly durable: boolean;
}

export interface StoreHealth {
  readonly degraded: boolean;
  readonly reason?: string;
  /** What the operator has to do, in words that may be public. */
  readonly advice?: string;
  /** Seconds since the epoch. */
  readonly since?: number;
  /** True while nothing is known: there is a file, and it could not be read since the start. Nobody may be refused then. */
  readonly unread?: boolean;
  /** When, within the last hour, this server started anew because the file was damaged; seconds since the epoch. */
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
 * The one way to read and change clients, grants and tokens. It keeps the promise: what `update` answered as durable is in
 * the file, also after a crash; what was revoked stays so; and no two processes undo each other's changes.
 */
export interface StateStore {
  /** The absolute path of the state file, or undefined in memory. */
  readonly path: string | undefined;
  /** What is known now, unsaved changes included; at most a second behind other processes. No I/O. */
  view(): StateView;
  /** Looks first whether the file is another one, at most 5 ms ago; waits 100 ms for a disk that hangs, and goes on without. */
  recentView(): Promise<StateView>;
  /** Looks at the file first, however long that takes; for decisions that must see another process's latest change. */
  freshView(): Promise<StateView>;
  update<T>(transition: Transition<T>): Promise<Committed<T>>;
  /** Carries a change that may wait (last use) along with the next save, after an hour or at close at the latest; one that throws changes nothing. */
  defer(transition: Transition<void>): void;
  health(): StoreHealth;
  counters(): StoreCounters;
  /** True while the clock cannot be trusted: what seems to be expired may not be. Nothing is pruned then. */
  isClockSuspect(): boolean;
  /** Saves what is unsaved and stops watching. Rejects, saying what was lost, when that last save fails. */
  close(): Promise<void>;
}
