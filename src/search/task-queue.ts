/** Runs one task per key, a few at once; a key asked for again while its task runs gets another run after it. */
export interface TaskQueue {
  /** Asks for a run of the key's task; resolves when a run that began after this call has ended. */
  add(key: string, options?: { isUrgent?: boolean }): Promise<void>;
  /** Resolves when nothing is waiting or running. */
  idle(): Promise<void>;
  /** Keeps what is waiting until `resume`. */
  pause(): void;
  resume(): void;
  /** Forgets what is waiting; resolves when what runs has ended. */
  close(): Promise<void>;
}

/** Creates a queue; `run` must not reject. */
export function createTaskQueue(run: (key: string) => Promise<void>, concurrency: number): TaskQueue {
  const urgent = new Map<string, Waiter>();
  const waiting = new Map<string, Waiter>();
  const running = new Set<string>();
  let idleWaiters: (() => void)[] = [];
  let isPaused = false;
  let isClosed = false;

  function pump(): void {
    while (!isPaused && running.size < concurrency) {
      const next = takeFrom(urgent) ?? takeFrom(waiting);
      if (next === undefined) break;
      const [key, waiter] = next;
      running.add(key);
      void run(key).finally(() => {
        running.delete(key);
        waiter.resolve();
        pump();
      });
    }
    if (running.size > 0 || (!isClosed && urgent.size + waiting.size > 0)) return;
    const waiters = idleWaiters;
    idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  function takeFrom(lane: Map<string, Waiter>): [string, Waiter] | undefined {
    for (const [key, waiter] of lane) {
      if (running.has(key)) continue;
      lane.delete(key);
      return [key, waiter];
    }
    return undefined;
  }

  return {
    add(key, { isUrgent = false } = {}) {
      if (isClosed) return Promise.resolve();
      let waiter = urgent.get(key) ?? waiting.get(key);
      if (waiter === undefined || (isUrgent && !urgent.has(key))) {
        waiting.delete(key);
        waiter ??= createWaiter();
        (isUrgent ? urgent : waiting).set(key, waiter);
        pump();
      }
      return waiter.promise;
    },
    idle() {
      return new Promise((resolve) => {
        idleWaiters.push(resolve);
        pump();
      });
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      pump();
    },
    close() {
      isClosed = true;
      for (const waiter of [...urgent.values(), ...waiting.values()]) waiter.resolve();
      urgent.clear();
      waiting.clear();
      return this.idle();
    },
  };
}

interface Waiter {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function createWaiter(): Waiter {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
