import type { ChangeSet, RecordTypes, StateView, Table, TableName } from '../schema.js';

/** A view with pending changes on top: transitions read and write it, and return `changes()`. The base is never touched. */
export class Draft implements StateView {
  readonly clients: DraftTable<'clients'>;
  readonly grants: DraftTable<'grants'>;
  readonly access_tokens: DraftTable<'access_tokens'>;
  readonly refresh_tokens: DraftTable<'refresh_tokens'>;
  readonly #base: StateView;
  #revokedBefore: number | undefined;

  constructor(base: StateView) {
    this.#base = base;
    this.#revokedBefore = base.revokedBefore;
    this.clients = new DraftTable<'clients'>(base.clients);
    this.grants = new DraftTable<'grants'>(base.grants);
    this.access_tokens = new DraftTable<'access_tokens'>(base.access_tokens);
    this.refresh_tokens = new DraftTable<'refresh_tokens'>(base.refresh_tokens);
  }

  get revokedBefore(): number | undefined {
    return this.#revokedBefore;
  }
  set revokedBefore(seconds: number) {
    this.#revokedBefore = seconds;
  }

  *grantIdsOf(clientId: string): Iterable<string> {
    yield* this.grants.keysWhere(this.#base.grantIdsOf(clientId), (grant) => grant.client_id === clientId);
  }
  *accessTokenHashesOf(grantId: string): Iterable<string> {
    yield* this.access_tokens.keysWhere(this.#base.accessTokenHashesOf(grantId), (token) => token.grant_id === grantId);
  }
  *refreshTokenHashesOf(grantId: string): Iterable<string> {
    yield* this.refresh_tokens.keysWhere(
      this.#base.refreshTokenHashesOf(grantId),
      (token) => token.grant_id === grantId,
    );
  }

  /** Deletes a grant and every token of it. */
  endGrant(grantId: string): void {
    for (const hash of [...this.accessTokenHashesOf(grantId)]) this.access_tokens.delete(hash);
    for (const hash of [...this.refreshTokenHashesOf(grantId)]) this.refresh_tokens.delete(hash);
    this.grants.delete(grantId);
  }

  /** Returns what differs from the base; a transition that changed nothing returns an empty set. */
  changes(): ChangeSet {
    const set: { -readonly [K in keyof ChangeSet]: ChangeSet[K] } = {};
    if (this.clients.changed.size > 0) set.clients = this.clients.changed;
    if (this.grants.changed.size > 0) set.grants = this.grants.changed;
    if (this.access_tokens.changed.size > 0) set.access_tokens = this.access_tokens.changed;
    if (this.refresh_tokens.changed.size > 0) set.refresh_tokens = this.refresh_tokens.changed;
    if (this.#revokedBefore !== undefined && this.#revokedBefore !== this.#base.revokedBefore) {
      set.revoked_before = this.#revokedBefore;
    }
    return set;
  }
}

/** One table of a Draft. */
export class DraftTable<T extends TableName> implements Table<RecordTypes[T]> {
  readonly changed = new Map<string, RecordTypes[T] | null>();
  readonly #base: Table<RecordTypes[T]>;

  constructor(base: Table<RecordTypes[T]>) {
    this.#base = base;
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

  *entries(): Iterable<[string, RecordTypes[T]]> {
    for (const [key, record] of this.#base.entries()) if (!this.changed.has(key)) yield [key, record];
    for (const [key, record] of this.changed) if (record !== null) yield [key, record];
  }

  put(key: string, record: RecordTypes[T]): void {
    this.changed.set(key, record);
  }

  delete(key: string): void {
    if (this.#base.has(key)) this.changed.set(key, null);
    else this.changed.delete(key);
  }

  /** Yields the live ones of `baseKeys` and the changed ones that match. */
  *keysWhere(baseKeys: Iterable<string>, matches: (record: RecordTypes[T]) => boolean): Iterable<string> {
    for (const key of baseKeys) if (!this.changed.has(key)) yield key;
    for (const [key, record] of this.changed) if (record !== null && matches(record)) yield key;
  }
}
