import { Draft } from '../rules/draft.js';
import type { StateTables } from '../rules/tables.js';
import type { StateView } from '../schema.js';
import type { Pending } from './pending.js';

interface Unsaved {
  readonly pending: Pending<unknown>;
  /** Was put off on purpose, and does not make anybody's answer less durable. */
  readonly deferred: boolean;
}

/** Changes that are not in the file yet, in order: they lie over what the file says and are run again whenever that changes. */
export class UnsavedChanges {
  readonly #list: Unsaved[] = [];
  readonly #baseNow: () => StateTables;
  #draft: Draft | undefined;
  /** What the draft was made on, and its revision then. */
  #base: StateTables;
  #revision = 0;

  /** `base` says what the file says now. */
  constructor(base: () => StateTables) {
    this.#baseNow = base;
    this.#base = base();
  }

  get size(): number {
    return this.#list.length;
  }

  /** How many were answered as not durable. */
  get owed(): number {
    return this.#list.filter((entry) => !entry.deferred).length;
  }

  /** The file's state with these changes made. */
  get view(): StateView {
    const base = this.#baseNow();
    if (this.#draft === undefined) return base;
    if (this.#base !== base || this.#revision !== base.revision) this.#rebase();
    return this.#draft;
  }

  /** Runs a transition on top and keeps it when it changed something; throws what the transition throws. */
  add<T>(pending: Pending<T>, deferred: boolean): { readonly value: T; readonly changed: boolean } {
    const { view } = this;
    const base = this.#baseNow();
    const draft = view instanceof Draft ? view : new Draft(base);
    const result = pending.run(draft);
    if (!result.changed) return result;
    this.#draft = draft;
    this.#base = base;
    this.#revision = base.revision;
    this.#list.push({ pending, deferred });
    return result;
  }

  /** Runs all on `draft`, in order; one that throws on this state does nothing. Returns how many there are. */
  replay(draft: Draft): number {
    for (const { pending } of this.#list) {
      try {
        pending.run(draft);
      } catch {
        // Its client or grant is gone by now, or was revoked: the caller's own checks say so by throwing.
      }
    }
    return this.#list.length;
  }

  /** Forgets the first `count`, which are in the file now. */
  saved(count: number): void {
    this.#list.splice(0, count);
    this.#rebase();
  }

  /** Returns how many records of each table would be lost, as words. */
  describe(): string {
    const changes = this.#draft?.changes() ?? {};
    const parts = Object.entries(changes).map(([name, part]) =>
      part instanceof Map ? `${part.size} of ${name}` : name,
    );
    return parts.join(', ');
  }

  #rebase(): void {
    this.#base = this.#baseNow();
    this.#draft = this.#list.length === 0 ? undefined : new Draft(this.#base);
    this.#revision = this.#base.revision;
    if (this.#draft !== undefined) this.replay(this.#draft);
  }
}
