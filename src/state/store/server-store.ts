import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemErrorCode } from '../../errors.js';
import type { Log } from '../../log.js';
import { asWriteError, StateError } from '../errors.js';
import { FileReader } from '../file/file-reader.js';
import { StateImage } from '../file/image.js';
import type { StateFile } from '../file/state-file.js';
import { transact } from '../file/transaction.js';
import type { Draft } from '../rules/draft.js';
import type { StateView } from '../schema.js';
import type { StateWaits } from '../waits.js';
import { Pending } from './pending.js';
import type { Committed, StateStore, StoreCounters, StoreHealth, Transition } from './store.js';
import { Turns } from './turns.js';
import { UnsavedChanges } from './unsaved.js';

export interface ServerStoreOptions {
  readonly resource: string;
  readonly refreshTokenTtlSeconds: number;
  readonly log: Log;
  /** Seconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly waits: StateWaits;
}

/** A busy server must leave the lock free now and then, or the commands starve. */
const freeMs = 5;
const firstRetryMs = 100;
const longestDeferralMs = 3_600_000;
const mostDeferred = 1_000;

interface Job {
  readonly pending: Pending<unknown>;
  readonly resolve: (committed: Committed<unknown>) => void;
  readonly reject: (error: unknown) => void;
}

/** The store of a running server: it goes on in memory while the file cannot be written, and saves when it can again. */
export class ServerStore implements StateStore {
  readonly #file: StateFile;
  readonly #image = new StateImage();
  readonly #reader: FileReader;
  readonly #unsaved = new UnsavedChanges(this.#image.tables);
  readonly #options: ServerStoreOptions;
  readonly #turns = new Turns();
  readonly #queue: Job[] = [];
  #workIsDue = false;
  #look: Promise<StateView> | undefined;
  #fault: { readonly error: StateError; readonly since: number } | undefined;
  #firstSaveSince: number | undefined;
  #retryMs = firstRetryMs;
  #retry: NodeJS.Timeout | undefined;
  #deferral: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #freeAtMs = 0;
  #swept = false;
  #saves = 0;
  #failedSaves = 0;
  #closed: Promise<void> | undefined;

  constructor(file: StateFile, options: ServerStoreOptions) {
    this.#file = file;
    this.#options = options;
    this.#reader = new FileReader(file, this.#image, options);
  }

  get path(): string {
    return this.#file.path;
  }

  /**
   * Reads the file and saves it once, so that a path that cannot be written is known from the start. Never rejects. What
   * could be read is served while that save waits for long, as it does for the lock of a killed process.
   */
  async open(): Promise<void> {
    let isRead = true;
    await this.#turns.take(async () => {
      await this.#reader.refresh(false).catch((error: StateError) => {
        isRead = false;
        this.#options.log.warn('the state file cannot be used', { why: error.message });
      });
      this.#reader.needsSave = true;
    });
    this.#firstSaveSince = this.#options.now();
    const saving = this.#turns.take(async () => {
      await this.#save();
      this.#reader.started();
      this.#firstSaveSince = undefined;
    });
    await (isRead ? Promise.race([saving, sleep(this.#options.waits.firstSaveMs, undefined, { ref: false })]) : saving);
    if (this.#firstSaveSince !== undefined) {
      this.#options.log.warn('the first save of the state takes long; serving meanwhile', { path: this.path });
    }
    this.#poll = setInterval(() => {
      if (this.#turns.idle) void this.freshView();
    }, this.#options.waits.pollMs).unref();
  }

  view(): StateView {
    return this.#unsaved.view;
  }

  freshView(): Promise<StateView> {
    this.#look ??= this.#turns.take(async () => {
      this.#look = undefined;
      await this.#refresh();
      return this.view();
    });
    return this.#look;
  }

  update<T>(transition: Transition<T>): Promise<Committed<T>> {
    if (this.#closed !== undefined) return Promise.reject(new StateError('state_unwritable', 'the store is closed'));
    return new Promise<Committed<T>>((resolve, reject) => {
      const pending = this.#pend(transition);
      this.#queue.push({ pending, resolve: resolve as Job['resolve'], reject });
      this.#work();
    });
  }

  defer(transition: Transition<void>): void {
    const pending = this.#pend(transition);
    pending.degraded = this.#fault !== undefined;
    try {
      if (!this.#unsaved.add(pending, true).changed) return;
    } catch (error) {
      this.#options.log.error('a change that could wait is dropped', { why: String(error) });
      return;
    }
    this.#deferral ??= setTimeout(() => this.#work(), longestDeferralMs).unref();
    if (this.#unsaved.size >= mostDeferred && this.#fault === undefined) this.#work();
  }

  health(): StoreHealth {
    if (this.#fault !== undefined)
      return { degraded: true, reason: this.#fault.error.message, since: this.#fault.since };
    const since = this.#firstSaveSince;
    return since === undefined ? { degraded: false } : { degraded: true, reason: 'not saved since the start', since };
  }

  counters(): StoreCounters {
    return { saves: this.#saves, failedSaves: this.#failedSaves };
  }

  close(): Promise<void> {
    this.#closed ??= this.#turns.take(() => this.#close());
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#poll);
    if (this.#queue.length > 0 || this.#unsaved.size > 0 || this.#reader.needsSave) await this.#save();
    clearTimeout(this.#retry);
    clearTimeout(this.#deferral);
    await this.#file.forget();
    if (this.#fault === undefined || (this.#unsaved.size === 0 && !this.#reader.needsSave)) return;
    const lost = this.#unsaved.describe() || 'the file itself';
    const { message, hint, cause } = this.#fault.error;
    throw new StateError('state_unwritable', `changes are lost (${lost}): ${message}`, {
      cause,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  #pend<T>(transition: Transition<T>): Pending<T> {
    return new Pending(transition, this.#options.now(), this.#options.random);
  }

  /** Sees to it that what is queued or due gets its turn. */
  #work(): void {
    if (this.#workIsDue) return;
    this.#workIsDue = true;
    void this.#turns.take(async () => {
      this.#workIsDue = false;
      if (this.#fault === undefined) await this.#save();
      else await this.#answerFromMemory();
    });
  }

  /** Reads what other processes wrote; a file that cannot be used is a fault, and memory goes on as it was. */
  async #refresh(): Promise<void> {
    try {
      await this.#reader.refresh(false);
      if (this.#reader.needsSave && this.#fault === undefined && this.#poll !== undefined) this.#work();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** One transaction for all that is queued or unsaved. Never rejects. */
  async #save(): Promise<void> {
    const rest = this.#freeAtMs - performance.now();
    if (rest > 0) await sleep(rest);
    const jobs: Job[] = [];
    let answers: Answer[] = [];
    let replayed = 0;
    try {
      const outcome = await transact(this.#file, this.#image, {
        waits: this.#options.waits,
        sweep: !this.#swept,
        refresh: () => this.#reader.refresh(true),
        run: (draft) => {
          for (const job of this.#queue.splice(0)) jobs.push(job);
          replayed = this.#unsaved.replay(draft);
          answers = jobs.map((job) => runJob(job, draft));
          return this.#reader.needsSave;
        },
        kept: () => this.#unsaved.saved(replayed),
        owner: () => this.#reader.owner,
      });
      this.#swept = true;
      this.#freeAtMs = performance.now() + freeMs;
      this.#saved(replayed, outcome.written);
      if (outcome.unsynced !== undefined) {
        this.#reader.needsSave = true;
        this.#failedSaves += 1;
        this.#failed(outcome.unsynced);
      }
      for (const answer of answers) answer(outcome.unsynced === undefined);
    } catch (error) {
      this.#freeAtMs = performance.now() + freeMs;
      this.#failedSaves += 1;
      await this.#folderMayBeGone(error);
      this.#failed(error);
      for (const job of [...jobs, ...this.#queue.splice(0)]) this.#answer(job);
    }
  }

  #saved(replayed: number, written: boolean): void {
    if (written) {
      this.#saves += 1;
      this.#reader.saved();
    }
    clearTimeout(this.#deferral);
    this.#deferral = undefined;
    if (this.#fault === undefined) return;
    this.#options.log.info('the state is saved again', { path: this.path, changes: replayed });
    this.#fault = undefined;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#retryMs = firstRetryMs;
  }

  /** Says loudly, once for each reason, that the state is not saved, and plans another try. */
  #failed(cause: unknown): void {
    const error = asWriteError(this.path, cause);
    if (this.#fault?.error.message !== error.message) {
      const hint = error.hint === undefined ? {} : { hint: error.hint };
      this.#options.log.error('the state cannot be saved; going on in memory', { why: error.message, ...hint });
    }
    this.#fault = { error, since: this.#fault?.since ?? this.#options.now() };
    if (this.#retry !== undefined || this.#closed !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#turns.take(() => this.#save());
    }, this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, this.#options.waits.longestRetryMs);
  }

  async #answerFromMemory(): Promise<void> {
    await this.#refresh();
    for (const job of this.#queue.splice(0)) this.#answer(job);
  }

  /** Answers a caller although its change is in memory only. */
  #answer({ pending, resolve, reject }: Job): void {
    pending.degraded = true;
    try {
      const { value } = this.#unsaved.add(pending, false);
      resolve({ value, durable: this.#unsaved.owed === 0 && !this.#reader.needsSave });
    } catch (error) {
      reject(error);
    }
  }

  async #folderMayBeGone(error: unknown): Promise<void> {
    if (systemErrorCode(error) === 'ENOENT') await mkdir(dirname(this.path), { mode: 0o700 }).catch(() => {});
  }
}

type Answer = (durable: boolean) => void;

function runJob({ pending, resolve, reject }: Job, draft: Draft): Answer {
  try {
    const { value } = pending.run(draft);
    return (durable) => resolve({ value, durable });
  } catch (error) {
    return () => reject(error);
  }
}
