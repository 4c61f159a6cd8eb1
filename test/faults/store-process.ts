import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cleanUp } from '../state/state-fixture.js';
import type { Actions } from './store-child.js';

const script = fileURLToPath(new URL('./store-child.js', import.meta.url));

export interface LoadEvent {
  readonly registered?: string;
  readonly forgetting?: string;
  readonly forgotten?: string;
  readonly counted?: number;
}

/** A store in a process of its own, that can be stopped and killed; it ends with the test. */
export class StoreProcess {
  onEvent: (event: LoadEvent) => void = () => {};
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  #calls = 0;

  constructor(t: TestContext, env: Readonly<Record<string, string>> = {}) {
    this.#child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, ...env } });
    this.#ended = once(this.#child, 'exit');
    this.#child.on('message', (message: { id?: number; value?: unknown; error?: object; event?: LoadEvent }) => {
      if (message.event !== undefined) return this.onEvent(message.event);
      const waiting = this.#waiting.get(message.id ?? -1);
      if (message.error === undefined) waiting?.resolve(message.value);
      else waiting?.reject(Object.assign(new Error(), message.error));
    });
    cleanUp(t, () => this.kill());
  }

  /** Asks the child; a call that is pending when the child dies stays so. */
  call<A extends keyof Actions>(action: A, ...args: Parameters<Actions[A]>): ReturnType<Actions[A]> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, action, args });
    }) as ReturnType<Actions[A]>;
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name);
  }

  /** kill -9; resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Resolves when the process is gone. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }
}
