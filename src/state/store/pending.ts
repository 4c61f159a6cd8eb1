import { randomBytes } from 'node:crypto';
import type { Draft } from '../rules/draft.js';
import type { Transition } from './store.js';

/** A transition with what it was called with, so that every run of it sees the same time and random bytes. */
export class Pending<T> {
  readonly now: number;
  /** Fixed once its caller was answered. */
  degraded = false;
  readonly #transition: Transition<T>;
  readonly #randomBytes: Uint8Array[] = [];

  constructor(transition: Transition<T>, now: number) {
    this.#transition = transition;
    this.now = now;
  }

  /** Runs on `draft`; throws what the transition throws, and then leaves nothing there. */
  run(draft: Draft): { readonly value: T; readonly changed: boolean } {
    let position = 0;
    const random = (bytes: number): Uint8Array => {
      const earlier = this.#randomBytes[position];
      const fresh = earlier?.length === bytes ? earlier : randomBytes(bytes);
      this.#randomBytes[position] = fresh;
      position += 1;
      return Uint8Array.from(fresh);
    };
    return draft.attempt(() => this.#transition(draft, { now: this.now, random, degraded: this.degraded }));
  }

  /** Runs on `draft` now, and returns a function that answers, or throws, later. */
  attempt(draft: Draft): () => T {
    try {
      const { value } = this.run(draft);
      return () => value;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }
}
