interface Look {
  readonly startedMs: number;
  isOver: boolean;
  /** Resolves when it is over, or when it has taken too long to be waited for. */
  readonly waited: Promise<void>;
}

/** What was seen so short a time ago holds for who asks now: under load one look serves many requests. */
const freshMs = 5;
/** A disk that hangs must not hold anybody up. */
const patienceMs = 100;

/** Lets many callers share looks that are cheap, and that may hang. */
export class Glance {
  readonly #look: () => Promise<unknown>;
  #current: Look | undefined;

  constructor(look: () => Promise<unknown>) {
    this.#look = look;
  }

  /** Resolves when a look that began now, or 5 ms ago, is over; or 100 ms after one began that hangs. Never rejects. */
  async take(): Promise<void> {
    const since = performance.now() - freshMs;
    for (;;) {
      const current = this.#current;
      const look = current === undefined || (current.isOver && current.startedMs < since) ? this.#start() : current;
      await look.waited;
      if (look.startedMs >= since || !look.isOver) return;
    }
  }

  #start(): Look {
    let stopWaiting = () => {};
    const waited = new Promise<void>((resolve) => {
      stopWaiting = resolve;
    });
    const timer = setTimeout(stopWaiting, patienceMs);
    const look = { startedMs: performance.now(), isOver: false, waited };
    const end = () => {
      look.isOver = true;
      clearTimeout(timer);
      stopWaiting();
    };
    this.#look().then(end, end);
    this.#current = look;
    return look;
  }
}
