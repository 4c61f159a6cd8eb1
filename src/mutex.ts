/** Lets one action run at a time, in the order of asking. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** True while no action runs or waits. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Runs `action` when all earlier ones are over, and resolves or rejects as it does. */
  run<T>(action: () => T | Promise<T>): Promise<T> {
    this.#waiting += 1;
    const done = this.#last.then(action).finally(() => {
      this.#waiting -= 1;
    });
    this.#last = done.catch(() => {});
    return done;
  }
}
