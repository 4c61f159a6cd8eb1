import { dropOldest } from '../../drop-oldest.js';

/** Counts events by key over a sliding window of seconds of monotonic time; keeps at most 10,000 keys. */
export class AttemptWindow {
  readonly #limit: number;
  readonly #windowSeconds: number;
  readonly #times = new Map<string, number[]>();

  constructor(limit: number, windowSeconds: number) {
    this.#limit = limit;
    this.#windowSeconds = windowSeconds;
  }

  /** How many more events the key may have now. */
  left(key: string, now: number): number {
    return Math.max(this.#limit - this.#recent(key, now).length, 0);
  }

  /** Seconds until the key may have another event; 0 when it may have one now. */
  retryAfterSeconds(key: string, now: number): number {
    const times = this.#recent(key, now);
    const oldest = times[times.length - this.#limit];
    return oldest === undefined ? 0 : oldest + this.#windowSeconds - now;
  }

  count(key: string, now: number): void {
    const times = [...this.#recent(key, now), now].slice(-this.#limit);
    this.#times.delete(key);
    this.#times.set(key, times);
    dropOldest(this.#times, keysMax);
  }

  #recent(key: string, now: number): number[] {
    return (this.#times.get(key) ?? []).filter((time) => time + this.#windowSeconds > now);
  }
}

const keysMax = 10_000;
