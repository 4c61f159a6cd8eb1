import { StateError } from '../errors.js';
import {
  type AccessTokenRecord,
  type ChangeSet,
  type GrantRecord,
  type RecordTypes,
  type RefreshTokenRecord,
  type StateView,
  type Table,
  type TableName,
  tableNames,
} from '../schema.js';
import { isSound } from './records.js';

/** A view with changes on top: transitions read and write it. The base is never touched. */
export class Draft implements StateView {
  readonly clients: DraftTable<'clients'>;
  readonly grants: DraftTable<'grants'>;
  readonly access_tokens: DraftTable<'access_tokens'>;
  readonly refresh_tokens: DraftTable<'refresh_tokens'>;
  readonly #base: StateView;
  /** What takes back each change since the outermost attempt began, and which record it was. */
  #journal: Step[] = [];
  #revokedBefore: number | undefined;

  constructor(base: StateView) {
    this.#base = base;
    this.#revokedBefore = base.revokedBefore;
    const note = (step: Step) => void this.#journal.push(step);
    this.clients = new DraftTable('clients', base.clients, note);
    this.grants = new DraftTable('grants', base.grants, note);
    this.access_tokens = new DraftTable('access_tokens', base.access_tokens, note);
    this.refresh_tokens = new DraftTable('refresh_tokens', base.refresh_tokens, note);
  }

  get revokedBefore(): number | undefined {
    return this.#revokedBefore;
  }
  set revokedBefore(seconds: number) {
    const before = this.#revokedBefore;
    this.#journal.push({
      undo: () => {
        this.#revokedBefore = before;
      },
    });
    this.#revokedBefore = seconds;
  }

  grantsOf(clientId: string): Iterable<[string, GrantRecord]> {
    return this.grants.over(this.#base.grantsOf(clientId), (grant) => grant.client_id === clientId);
  }
  accessTokensOf(grantId: string): Iterable<[string, AccessTokenRecord]> {
    return this.access_tokens.over(this.#base.accessTokensOf(grantId), (token) => token.grant_id === grantId);
  }
  refreshTokensOf(grantId: string): Iterable<[string, RefreshTokenRecord]> {
    return this.refresh_tokens.over(this.#base.refreshTokensOf(grantId), (token) => token.grant_id === grantId);
  }

  /** Deletes a grant and every token of it; returns how many tokens those were. */
  endGrant(grantId: string): { readonly accessTokens: number; readonly refreshTokens: number } {
    const accessTokens = [...this.accessTokensOf(grantId)];
    const refreshTokens = [...this.refreshTokensOf(grantId)];
    for (const [hash] of accessTokens) this.access_tokens.delete(hash);
    for (const [hash] of refreshTokens) this.refresh_tokens.delete(hash);
    this.grants.delete(grantId);
    return { accessTokens: accessTokens.length, refreshTokens: refreshTokens.length };
  }

  /**
   * Lets `change` change this draft, all or nothing: when it throws, or leaves a record that could not be read again
   * (StateError `state_unwritable`), the draft is as before.
   */
  attempt<T>(change: (draft: Draft) => T): { readonly value: T; readonly changed: boolean } {
    const outer = this.#journal;
    const steps: Step[] = [];
    this.#journal = steps;
    try {
      const value = change(this);
      for (const { record } of steps) if (record !== undefined) this.#refuseUnsound(record.table, record.key);
      return { value, changed: steps.length > 0 };
    } catch (error) {
      for (const { undo } of steps.reverse()) undo();
      throw error;
    } finally {
      this.#journal = outer;
    }
  }

  /** Returns what differs from the base. */
  changes(): ChangeSet {
    const set: { -readonly [K in keyof ChangeSet]: ChangeSet[K] } = {};
    for (const name of tableNames) {
      if (this[name].changed.size > 0) Object.assign(set, { [name]: this[name].changed });
    }
    if (this.#revokedBefore !== undefined && this.#revokedBefore !== this.#base.revokedBefore) {
      set.revoked_before = this.#revokedBefore;
    }
    return set;
  }

  #refuseUnsound(table: TableName, key: string): void {
    const record = this[table].changed.get(key);
    if (record === undefined || record === null || isSound(table, key, record)) return;
    throw new StateError('state_unwritable', `a record of ${table} is not sound`);
  }
}

interface Step {
  readonly undo: () => void;
  readonly record?: { readonly table: TableName; readonly key: string };
}

/** One table of a Draft. */
export class DraftTable<T extends TableName> implements Table<RecordTypes[T]> {
  readonly changed = new Map<string, RecordTypes[T] | null>();
  readonly #name: T;
  readonly #base: Table<RecordTypes[T]>;
  readonly #note: (step: Step) => void;

  constructor(name: T, base: Table<RecordTypes[T]>, note: (step: Step) => void) {
    this.#name = name;
    this.#base = base;
    this.#note = note;
  }

  get size(): number {
    let size = this.#base.size;
    for (const [key, record] of this.changed) {
      if (record === null) size -= 1;
      else if (!this.#base.has(key)) size += 1;
    }
    return size;
  }

  get(key: string): RecordTypes[T] | undefined {
    const record = this.changed.get(key);
    return record === undefined ? this.#base.get(key) : (record ?? undefined);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  entries(): Iterable<[string, RecordTypes[T]]> {
    return this.over(this.#base.entries());
  }

  /** Yields those of `baseEntries` that live, and the changed ones that match: each once, also while the loop changes the table. */
  *over(
    baseEntries: Iterable<[string, RecordTypes[T]]>,
    matches: (record: RecordTypes[T]) => boolean = () => true,
  ): Iterable<[string, RecordTypes[T]]> {
    const changed = new Map(this.changed);
    for (const entry of baseEntries) if (!changed.has(entry[0])) yield entry;
    for (const [key, record] of changed) if (record !== null && matches(record)) yield [key, record];
  }

  put(key: string, record: RecordTypes[T]): void {
    this.#change(key, () => this.changed.set(key, record));
  }

  delete(key: string): void {
    if (this.#base.has(key)) this.#change(key, () => this.changed.set(key, null));
    else if (this.changed.has(key)) this.#change(key, () => this.changed.delete(key));
  }

  #change(key: string, change: () => void): void {
    const before = this.changed.get(key);
    const undo = () => {
      if (before === undefined) this.changed.delete(key);
      else this.changed.set(key, before);
    };
    this.#note({ undo, record: { table: this.#name, key } });
    change();
  }
}
