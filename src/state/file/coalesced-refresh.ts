interface Refresh {
  readonly startedMs: number;
  isOver: boolean;
  /** Resolves when it is over, or when it has taken too long to be waited for. */
  readonly waited: Promise<void>;
}

/** A result this young serves who asks now: under load one refresh serves many requests. */
const freshMs = 5;
/** A disk that hangs must not hold anybody up. */
const patienceMs = 100;

/** Lets many callers share one refresh, which is cheap but may hang. */
export class CoalescedRefresh {
  readonly #refresh: () => Promise<unknown>;
  #current: Refresh | undefined;

  constructor(refresh: () => Promise<unknown>) {
    this.#refresh = refresh;
  }

  /** Resolves when a refresh that began now, or 5 ms ago, is over; or 100 ms after one began that hangs. Never rejects. */
  async wait(): Promise<void> {
    const since = performance.now() - freshMs;
    for (;;) {
      const current = this.#current;
      const refresh = current === undefined || (current.isOver && current.startedMs < since) ? this.#start() : current;
      await refresh.waited;
      if (refresh.startedMs >= since || !refresh.isOver) return;
    }
  }

  #start(): Refresh {
    let stopWaiting = () => {};
    const waited = new Promise<void>((resolve) => {
      stopWaiting = resolve;
    });
    const timer = setTimeout(stopWaiting, patienceMs);
    const refresh = { startedMs: performance.now(), isOver: false, waited };
    const end = () => {
      refresh.isOver = true;
      clearTimeout(timer);
      stopWaiting();
    };
    this.#refresh().then(end, end);
    this.#current = refresh;
    return refresh;
  }
}
