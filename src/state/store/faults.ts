import { defined } from '../../defined.js';
import type { Log } from '../../log.js';
import type { StateError } from '../errors.js';
import type { StateWaits } from '../waits.js';

const firstRetryMs = 100;

export interface Fault {
  readonly error: StateError;
  /** Seconds since the epoch. */
  readonly since: number;
}

/** What is wrong with reading and with writing the file; says so once for each reason, and tries again with pauses that grow. */
export class Faults {
  failedSaves = 0;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #longestRetryMs: number;
  readonly #retry: () => void;
  readonly #told = new Map<string, string>();
  #reading: Fault | undefined;
  #writing: Fault | undefined;
  #retryMs = firstRetryMs;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: { log: Log; now: () => number; waits: StateWaits }, retry: () => void) {
    this.#log = options.log;
    this.#now = options.now;
    this.#longestRetryMs = options.waits.longestRetryMs;
    this.#retry = retry;
  }

  get current(): Fault | undefined {
    return this.#reading ?? this.#writing;
  }

  /** True while saves fail: what changes is answered from memory. */
  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  /** The next look, which comes by itself, shows whether it is over. */
  cannotRead(error: StateError): void {
    this.#reading = this.#noted(error, this.#reading);
  }

  cannotWrite(error: StateError): void {
    this.#writing = this.#noted(error, this.#writing);
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#retry();
    }, this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, this.#longestRetryMs);
  }

  canRead(): void {
    if (this.#reading === undefined) return;
    this.#reading = undefined;
    if (this.#writing === undefined) this.#over('the state file can be read again', {});
  }

  canWrite(changes: number): void {
    if (this.current === undefined) return;
    this.#reading = undefined;
    this.#writing = undefined;
    this.#over('the state is saved again', { changes });
  }

  /** Tries no more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #noted(error: StateError, before: Fault | undefined): Fault {
    if (!this.#told.has(error.message)) {
      this.#told.set(error.message, error.code);
      const fields = defined({ why: error.message, hint: error.hint });
      this.#log.error('the state cannot be saved; going on in memory', fields);
    }
    return { error, since: before?.since ?? this.#now() };
  }

  #over(message: string, fields: { readonly changes?: number }): void {
    this.#log.info(message, fields);
    // Another version's server writes again and again: once is enough.
    for (const [message, code] of this.#told) if (code !== 'state_version') this.#told.delete(message);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#retryMs = firstRetryMs;
  }
}
