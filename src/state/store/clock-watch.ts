import type { Log } from '../../log.js';

const daySeconds = 24 * 3600;

export interface Clock {
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds that only ever go forward, at the pace of time. */
  readonly monotonicMs: () => number;
}

/** Watches the clock. A clock that jumps, or is behind the times in the file, must not make logins expire. */
export class ClockWatch {
  readonly #clock: Clock;
  readonly #log: Log;
  #newest = 0;
  #offset: number;
  #trustedFromMs = 0;
  #isBehind = false;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
    this.#offset = this.#offsetNow();
  }

  /** Reports a time, in seconds since the epoch, that has surely passed. */
  see(moment: number): void {
    this.#newest = Math.max(this.#newest, moment);
  }

  /** Returns the time, in seconds since the epoch; for a clock that is behind, the newest moment known. */
  moment(): number {
    return this.#isBehind ? this.#newest : this.#clock.now();
  }

  /** True while the clock cannot be trusted: it is a day behind the newest moment known, or jumped by a day within the last one. */
  isSuspect(): boolean {
    this.#detectJump();
    const now = this.#clock.now();
    const isBehind = now + daySeconds < this.#newest;
    if (isBehind !== this.#isBehind) {
      const fields = { now: toIso(now), newest: toIso(this.#newest) };
      if (isBehind)
        this.#log.error('the clock is behind the times in the state file; nothing expires or rotates', fields);
      else this.#log.info('the clock is right again', fields);
      this.#isBehind = isBehind;
    }
    return isBehind || this.#clock.monotonicMs() < this.#trustedFromMs;
  }

  #detectJump(): void {
    const offset = this.#offsetNow();
    const jump = offset - this.#offset;
    if (Math.abs(jump) < daySeconds) return;
    this.#offset = offset;
    // A clock that was behind has been set right.
    if (this.#isBehind && jump > 0) return;
    this.#trustedFromMs = this.#clock.monotonicMs() + daySeconds * 1_000;
    this.#log.warn('the clock jumped; nothing is rotated or pruned for a day', { seconds: Math.round(jump) });
  }

  /** What the wall clock shows at the start of monotonic time. */
  #offsetNow(): number {
    return this.#clock.now() - this.#clock.monotonicMs() / 1_000;
  }
}

function toIso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
