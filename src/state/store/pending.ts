import { StateError } from '../errors.js';
import type { Draft, DraftTable } from '../rules/draft.js';
import { isSound } from '../rules/records.js';
import { isEmpty } from '../rules/tables.js';
import { type ChangeSet, type TableName, tableNames } from '../schema.js';
import type { Transition } from './store.js';

/** A transition with what it was called with, so that every run of it sees the same time and random bytes. */
export class Pending<T> {
  readonly now: number;
  /** Fixed once its caller was answered. */
  degraded = false;
  readonly #transition: Transition<T>;
  readonly #random: (bytes: number) => Uint8Array;
  readonly #tape: Uint8Array[] = [];

  constructor(transition: Transition<T>, now: number, random: (bytes: number) => Uint8Array) {
    this.#transition = transition;
    this.now = now;
    this.#random = random;
  }

  /** Runs on `draft` and leaves its changes there; one that throws, or asks for an unsound record, leaves nothing. */
  run(draft: Draft): { value: T; changed: boolean } {
    let position = 0;
    const random = (bytes: number): Uint8Array => {
      const taped = this.#tape[position];
      const fresh = taped?.length === bytes ? taped : this.#random(bytes);
      this.#tape[position] = fresh;
      position += 1;
      return Uint8Array.from(fresh);
    };
    const { changes, value } = this.#transition(draft, { now: this.now, random, degraded: this.degraded });
    refuseUnsound(changes);
    putAll(draft, changes);
    return { value, changed: !isEmpty(changes) };
  }
}

function putAll(draft: Draft, changes: ChangeSet): void {
  if (changes.revoked_before !== undefined) draft.revokedBefore = changes.revoked_before;
  for (const name of tableNames) {
    const table = draft[name] as DraftTable<TableName>;
    for (const [key, record] of changes[name] ?? []) {
      if (record === null) table.delete(key);
      else table.put(key, record);
    }
  }
}

/** What could not be read again must never be written. */
function refuseUnsound(changes: ChangeSet): void {
  for (const name of tableNames) {
    for (const [key, record] of changes[name] ?? []) {
      if (record !== null && !isSound(name, key, record)) {
        throw new StateError('state_unwritable', `a record of ${name} is not sound`);
      }
    }
  }
}
