import { Turns } from '../../turns.js';
import { asUnconfirmed, asWriteError } from '../errors.js';
import type { Content, StateFile } from '../file/state-file.js';
import { StateReader } from '../file/state-reader.js';
import { transact } from '../file/transaction.js';
import type { StateView } from '../schema.js';
import type { StateWaits } from '../waits.js';
import { Pending } from './pending.js';
import type { Committed, StateStore, Transition } from './store.js';

/** The store of a command: it refuses a file that is missing, damaged or of another version, and keeps nothing unsaved. */
export class CommandStore implements StateStore {
  readonly path: string;
  readonly #file: StateFile;
  readonly #reader: StateReader;
  readonly #turns = new Turns();
  readonly #waits: StateWaits;
  #saves = 0;
  #failedSaves = 0;

  /** `path` is what errors call the file. */
  constructor(file: StateFile, path: string, waits: StateWaits) {
    this.path = path;
    this.#file = file;
    this.#reader = new StateReader(file, path);
    this.#waits = waits;
  }

  /** Where the server that saved last can be asked. */
  get servedAt(): string | undefined {
    return this.#reader.image.servedAt;
  }

  view(): StateView {
    return this.#reader.image.tables;
  }

  /** Rejects with StateError when the file cannot be used. */
  async freshView(): Promise<StateView> {
    await this.read();
    return this.view();
  }

  recentView(): Promise<StateView> {
    return this.freshView();
  }

  /** Reads the file; returns its content when it is another one than before. Rejects like `freshView`. */
  read(): Promise<Content | undefined> {
    return this.#turns.take(() => this.#reader.read());
  }

  /** Rejects with StateError, and then changed nothing, unless it is `state_unconfirmed`. */
  update<T>(transition: Transition<T>): Promise<Committed<T>> {
    const pending = new Pending(transition, Math.floor(Date.now() / 1_000));
    return this.#turns.take(() => this.#update(pending));
  }

  /** A command has nothing that may wait. */
  defer(transition: Transition<void>): void {
    void this.update(transition).catch(() => {});
  }

  health(): { degraded: boolean } {
    return { degraded: false };
  }

  counters(): { saves: number; failedSaves: number } {
    return { saves: this.#saves, failedSaves: this.#failedSaves };
  }

  isClockSuspect(): boolean {
    return false;
  }

  async close(): Promise<void> {
    await this.#turns.take(() => this.#file.forget());
  }

  async #update<T>(pending: Pending<T>): Promise<Committed<T>> {
    let answer: (() => T) | undefined;
    try {
      const { written, unsynced } = await transact(this.#file, this.#reader.image, {
        waits: this.#waits,
        sweep: true,
        begin: async () => void (await this.#reader.read()),
        run: (draft) => {
          answer = pending.attempt(draft);
          return false;
        },
      });
      if (written) this.#saves += 1;
      // What is there already may be what an earlier command was told is not confirmed.
      const unconfirmed = written ? unsynced : await this.#file.sync().catch((error: unknown) => error);
      if (unconfirmed !== undefined) throw asUnconfirmed(this.path, unconfirmed, written);
    } catch (error) {
      this.#failedSaves += 1;
      throw asWriteError(this.path, error);
    }
    if (answer === undefined) throw new Error('the transition was not run');
    return { value: answer(), durable: true };
  }
}
