import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defined } from '../../defined.js';
import { systemErrorCode } from '../../errors.js';
import { Mutex } from '../../mutex.js';
import { asWriteError, StateError } from '../errors.js';
import { CoalescedRefresh } from '../file/coalesced-refresh.js';
import { type FollowerOptions, StartRefused, StateFollower } from '../file/follower.js';
import type { StateImage } from '../file/image.js';
import type { LockPatience } from '../file/lock.js';
import type { StateFile } from '../file/state-file.js';
import { type Outcome, transact } from '../file/transaction.js';
import type { StateView } from '../schema.js';
import { ClockWatch } from './clock-watch.js';
import { Faults } from './faults.js';
import { Pending } from './pending.js';
import type { Committed, StateStore, StoreCounters, StoreHealth, Transition } from './store.js';
import { UnsavedChanges } from './unsaved.js';

export interface ServerStoreOptions extends FollowerOptions {
  /** Milliseconds that only ever go forward. */
  readonly monotonicMs: () => number;
  /** Where this machine reaches the server, for the commands; kept in the file. */
  readonly servedAt?: string | undefined;
}

/** A busy server must leave the lock free now and then, or the commands starve. */
const freeMs = 5;
const longestDeferralMs = 3_600_000;
const mostDeferred = 1_000;
const noticeSeconds = 3_600;
const copiesAdvice = 'the file is damaged, and 10 damaged copies (.corrupt-*) are already beside it: move those away';

interface Job {
  readonly pending: Pending<unknown>;
  /** Answers its caller with what `outcome` returns or throws. */
  readonly answer: (outcome: () => Committed<unknown>) => void;
}

/**
 * The store of a running server: it goes on in memory while the file cannot be written, and saves when it can again. Looks
 * at the file and saves take turns among themselves, but no look waits for a save: while one is under way, what another
 * process wrote is looked at beside it.
 */
export class ServerStore implements StateStore {
  readonly #file: StateFile;
  readonly #image: StateImage;
  readonly #follower: StateFollower;
  readonly #unsaved: UnsavedChanges;
  readonly #clock: ClockWatch;
  readonly #faults: Faults;
  readonly #options: ServerStoreOptions;
  readonly #refreshMutex = new Mutex();
  readonly #saveMutex = new Mutex();
  readonly #coalescedRefresh = new CoalescedRefresh(async () => {
    const isSame = await this.#file.isSame().catch(() => false);
    if (!isSame) await this.freshView();
  });
  #queue: Job[] = [];
  #workIsDue = false;
  #look: Promise<StateView> | undefined;
  /** The image must stay as it is: a save is being made from it. */
  #isSaving = false;
  /** What another process wrote during that save. */
  #ahead: StateImage | undefined;
  #firstSaveSince: number | undefined;
  #deferral: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #freeAtMs = 0;
  #swept = false;
  #saveCount = 0;
  #lastSavedAt: number | undefined;
  #closed: Promise<void> | undefined;

  constructor(file: StateFile, options: ServerStoreOptions) {
    this.#file = file;
    this.#options = options;
    this.#follower = new StateFollower(file, options);
    this.#image = this.#follower.image;
    this.#unsaved = new UnsavedChanges(() => (this.#ahead ?? this.#image).tables);
    this.#clock = new ClockWatch(options, options.log);
    this.#faults = new Faults(options, () => void this.#saveMutex.run(() => this.#save()));
  }

  get path(): string {
    return this.#file.path;
  }

  /**
   * Reads the file and saves it once, so that a path that cannot be written is known from the start. Rejects with
   * StartRefused for a file that must not be served. What could be read is served while that save waits for long, as it
   * does for the lock of a killed process.
   */
  async open(): Promise<void> {
    try {
      await this.#refreshMutex.run(() => this.#follower.refresh(false));
    } catch (error) {
      await this.#file.forget();
      if (error instanceof StartRefused) throw error;
      this.#cannotRead(error);
    }
    this.#firstSaveSince = this.#options.now();
    const saving = this.#saveMutex.run(async () => {
      await this.#save(true);
      this.#firstSaveSince = undefined;
    });
    await Promise.race([saving, sleep(this.#options.waits.firstSaveMs, undefined, { ref: false })]);
    if (this.#firstSaveSince !== undefined) {
      this.#options.log.warn('the first save of the state takes long; the server already serves', { path: this.path });
    }
    this.#poll = setInterval(() => void this.freshView(), this.#options.waits.pollMs).unref();
  }

  view(): StateView {
    return this.#unsaved.view;
  }

  async recentView(): Promise<StateView> {
    await this.#coalescedRefresh.wait();
    return this.view();
  }

  freshView(): Promise<StateView> {
    this.#look ??= this.#refreshMutex.run(async () => {
      this.#look = undefined;
      if (this.#isSaving) await this.#lookAhead();
      else await this.#refresh();
      return this.view();
    });
    return this.#look;
  }

  update<T>(transition: Transition<T>): Promise<Committed<T>> {
    if (this.#closed !== undefined) return Promise.reject(new StateError('state_unwritable', 'the store is closed'));
    return new Promise<Committed<T>>((resolve, reject) => {
      const answer: Job['answer'] = (outcome) => {
        try {
          resolve(outcome() as Committed<T>);
        } catch (error) {
          reject(error);
        }
      };
      this.#queue.push({ pending: this.#pend(transition), answer });
      this.#work();
    });
  }

  defer(transition: Transition<void>): void {
    const pending = this.#pend(transition);
    pending.degraded ||= this.#faults.isWriting;
    try {
      if (!this.#unsaved.add(pending, true).changed) return;
    } catch (error) {
      this.#options.log.error('a deferred change is dropped', { why: String(error) });
      return;
    }
    this.#deferral ??= setTimeout(() => this.#work(), longestDeferralMs).unref();
    if (this.#unsaved.size >= mostDeferred && !this.#faults.isWriting) this.#work();
  }

  health(): StoreHealth {
    const { isRead, isFileGood, emptySince } = this.#follower;
    const { current } = this.#faults;
    const since = current?.since ?? this.#firstSaveSince;
    const isNew = emptySince !== undefined && this.#options.now() < emptySince + noticeSeconds;
    return {
      degraded: since !== undefined || !isRead || !isFileGood,
      ...defined({
        reason: current?.error.message ?? (since === undefined ? undefined : 'not saved since the start'),
        advice: current?.error.code === 'state_copies' ? copiesAdvice : undefined,
        since,
        unread: isRead ? undefined : true,
        startedEmptyAt: isNew ? emptySince : undefined,
      }),
    };
  }

  counters(): StoreCounters {
    const { failedSaves } = this.#faults;
    return { saves: this.#saveCount, failedSaves, ...defined({ lastSavedAt: this.#lastSavedAt }) };
  }

  /** True while the clock cannot be trusted: what seems to be expired may not be. */
  isClockSuspect(): boolean {
    this.#clock.see(this.#follower.newestMoment);
    return this.#clock.isSuspect();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#poll);
    this.#follower.close();
    await this.#refreshMutex.run(async () => {
      if (!this.#isSaving) await this.#refresh();
    });
    await this.#saveMutex.run(async () => {
      if (this.#hasUnsaved) await this.#save();
      // Its folder was gone, and is there again.
      if (this.#hasUnsaved && systemErrorCode(this.#faults.current?.error.cause) === 'ENOENT') await this.#save();
    });
    this.#faults.stop();
    clearTimeout(this.#deferral);
    const { current } = this.#faults;
    const isLost = current !== undefined && this.#follower.isRead && this.#hasUnsaved;
    await this.#file.forget();
    if (!isLost) return;
    const { message, hint, cause } = current.error;
    const lost = this.#follower.isFileGood
      ? `changes are lost (${this.#unsaved.describe() || 'the file itself'})`
      : 'all logins are lost';
    throw new StateError('state_unwritable', `${lost}: ${message}`, { cause, hint });
  }

  /**
   * A stop waits for no lock when there is nothing to save; else it takes a dead process's lock after two signs of life
   * that did not come. A slow holder that loses its lock so starts over, and loses nothing.
   */
  #patience(): LockPatience {
    const { waits } = this.#options;
    if (this.#closed === undefined) return waits;
    return { lockMs: this.#hasUnsaved ? waits.takeoverMs : 0, takeoverMs: waits.takeoverMs * 0.4 };
  }

  /** True while something is not in the file. */
  get #hasUnsaved(): boolean {
    return this.#queue.length > 0 || this.#unsaved.size > 0 || this.#follower.needsSave;
  }

  /** True while an answer said that a change is not saved yet, or while the file itself must be written. */
  get #isDue(): boolean {
    return this.#unsaved.owed > 0 || this.#follower.needsSave;
  }

  #pend<T>(transition: Transition<T>): Pending<T> {
    const isSuspect = this.isClockSuspect();
    const pending = new Pending(transition, this.#clock.moment());
    pending.degraded = isSuspect;
    return pending;
  }

  /** Sees to it that what is queued or due gets its turn. */
  #work(): void {
    if (this.#workIsDue) return;
    this.#workIsDue = true;
    void this.#saveMutex.run(async () => {
      this.#workIsDue = false;
      if (this.#faults.isWriting) await this.#answerFromMemory();
      else await this.#save();
    });
  }

  /** Reads what other processes wrote. A file that cannot be used is a fault, and the state in memory stays. */
  async #refresh(): Promise<void> {
    try {
      await this.#follower.refresh(false);
      this.#ahead = undefined;
      if (!this.#isDue) this.#faults.canRead();
      else if (this.#poll !== undefined && this.#closed === undefined && !this.#faults.isWriting) this.#work();
    } catch (error) {
      this.#cannotRead(error);
    }
  }

  async #lookAhead(): Promise<void> {
    const { revision } = this.#image.tables;
    const ahead = await this.#follower.peek();
    // A save that ended meanwhile knows better.
    if (ahead !== undefined && revision === this.#image.tables.revision) this.#ahead = ahead;
  }

  #cannotRead(error: unknown): void {
    this.#faults.cannotRead(asWriteError(this.path, error));
  }

  /** One transaction for all that is queued or unsaved; `always` writes without a change, too. Never rejects. */
  async #save(always = false): Promise<void> {
    // An earlier turn may have done it all.
    if (!always && !this.#hasUnsaved && this.#faults.current === undefined) return;
    const rest = this.#freeAtMs - performance.now();
    if (rest > 0) await sleep(rest);
    let jobs: Job[] = [];
    let values: (() => unknown)[] = [];
    let replayed = 0;
    let isReading = false;
    try {
      const outcome = await transact(this.#file, this.#image, {
        patience: () => this.#patience(),
        sweep: !this.#swept,
        begin: () =>
          this.#refreshMutex.run(async () => {
            isReading = true;
            await this.#follower.refresh(true);
            isReading = false;
            this.#ahead = undefined;
            this.#isSaving = true;
          }),
        run: (draft) => {
          this.#image.servedAt = this.#options.servedAt ?? this.#image.servedAt;
          jobs = jobs.concat(this.#queue.splice(0));
          replayed = this.#unsaved.replay(draft);
          values = jobs.map(({ pending }) => pending.attempt(draft));
          return always || this.#follower.needsSave;
        },
        saved: (changes) => {
          this.#follower.saved(changes);
          this.#unsaved.saved(replayed);
        },
        end: () => {
          this.#isSaving = false;
        },
        owner: () => this.#follower.owner,
      });
      this.#freeAtMs = performance.now() + freeMs;
      this.#saved(replayed, outcome);
      // What was written meanwhile, over this save or under it, must be known before anybody is answered.
      if (this.#ahead !== undefined) await this.freshView();
      const durable = outcome.unsynced === undefined;
      for (const [index, { answer }] of jobs.entries()) answer(() => ({ value: values[index]?.(), durable }));
    } catch (error) {
      this.#freeAtMs = performance.now() + freeMs;
      await this.#folderMayBeGone(error);
      this.#faults.failedSaves += 1;
      const stateError = asWriteError(this.path, error);
      if (isReading) this.#faults.cannotRead(stateError);
      else this.#faults.cannotWrite(stateError);
      for (const job of [...jobs, ...this.#queue.splice(0)]) this.#answerUnsaved(job);
      if (this.#ahead !== undefined) void this.freshView();
    }
  }

  #saved(replayed: number, { written, unsynced }: Outcome): void {
    this.#swept = true;
    if (written) {
      this.#saveCount += 1;
      this.#lastSavedAt = this.#options.now();
    }
    if (!written) this.#unsaved.saved(replayed);
    clearTimeout(this.#deferral);
    this.#deferral = undefined;
    if (unsynced === undefined) {
      this.#faults.canWrite(replayed);
      return;
    }
    this.#follower.needsSave = true;
    this.#faults.failedSaves += 1;
    this.#faults.cannotWrite(asWriteError(this.path, unsynced));
  }

  async #answerFromMemory(): Promise<void> {
    await this.freshView();
    for (const job of this.#queue.splice(0)) this.#answerUnsaved(job);
  }

  /** Answers a caller although its change is in memory only. */
  #answerUnsaved({ pending, answer }: Job): void {
    pending.degraded = true;
    answer(() => {
      const { value } = this.#unsaved.add(pending, false);
      return { value, durable: !this.#isDue };
    });
  }

  async #folderMayBeGone(error: unknown): Promise<void> {
    if (systemErrorCode(error) === 'ENOENT') await mkdir(dirname(this.path), { mode: 0o700 }).catch(() => {});
  }
}
