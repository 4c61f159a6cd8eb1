import type {
  AccessTokenRecord,
  ChangeSet,
  ClientRecord,
  GrantRecord,
  RefreshTokenRecord,
  StateView,
} from '../schema.js';

/** The state in memory, with an index from clients to grants and from grants to tokens. Changed only by `apply`. */
export class StateTables implements StateView {
  readonly clients = new Map<string, ClientRecord>();
  readonly grants = new Map<string, GrantRecord>();
  readonly access_tokens = new Map<string, AccessTokenRecord>();
  readonly refresh_tokens = new Map<string, RefreshTokenRecord>();
  readonly #grantsOf: Index = new Map();
  readonly #accessTokensOf: Index = new Map();
  readonly #refreshTokensOf: Index = new Map();
  #revokedBefore: number | undefined;
  #revision = 0;

  /** Another number after every change. */
  get revision(): number {
    return this.#revision;
  }

  get revokedBefore(): number | undefined {
    return this.#revokedBefore;
  }

  /** For a file that another process wrote: what it says holds, also when it says nothing. */
  replaceRevokedBefore(seconds: number | undefined): void {
    this.#revision += 1;
    this.#revokedBefore = seconds;
  }

  grantsOf(clientId: string): Iterable<[string, GrantRecord]> {
    return entriesOf(this.grants, this.#grantsOf.get(clientId));
  }
  accessTokensOf(grantId: string): Iterable<[string, AccessTokenRecord]> {
    return entriesOf(this.access_tokens, this.#accessTokensOf.get(grantId));
  }
  refreshTokensOf(grantId: string): Iterable<[string, RefreshTokenRecord]> {
    return entriesOf(this.refresh_tokens, this.#refreshTokensOf.get(grantId));
  }

  /** Takes the changes over, in place. */
  apply(changes: ChangeSet): void {
    this.#revision += 1;
    if (changes.revoked_before !== undefined) this.#revokedBefore = changes.revoked_before;
    for (const [id, client] of changes.clients ?? []) set(this.clients, id, client);
    change(this.grants, this.#grantsOf, (grant) => grant.client_id, changes.grants);
    change(this.access_tokens, this.#accessTokensOf, (token) => token.grant_id, changes.access_tokens);
    change(this.refresh_tokens, this.#refreshTokensOf, (token) => token.grant_id, changes.refresh_tokens);
  }
}

/** The keys of the records by their owner: one key as it is, for most owners have one, and ten thousand sets take long to make. */
type Index = Map<string, string | Set<string>>;

/** A list, not a generator: an inspection of ten thousand grants asks for tens of thousands of these. */
function entriesOf<R>(table: ReadonlyMap<string, R>, keys: string | Set<string> | undefined): [string, R][] {
  if (keys === undefined) return [];
  if (typeof keys === 'string') return [[keys, table.get(keys) as R]];
  return Array.from(keys, (key) => [key, table.get(key) as R]);
}

/** True when the set changes nothing. */
export function isEmpty(changes: ChangeSet): boolean {
  return Object.values(changes).every((part) => part === undefined || (typeof part === 'object' && part.size === 0));
}

function change<R>(
  table: Map<string, R>,
  index: Index,
  ownerOf: (record: R) => string,
  changes: ReadonlyMap<string, R | null> | undefined,
): void {
  for (const [key, record] of changes ?? []) {
    const before = table.get(key);
    if (before !== undefined) removeKey(index, ownerOf(before), key);
    set(table, key, record);
    if (record !== null) addKey(index, ownerOf(record), key);
  }
}

function addKey(index: Index, owner: string, key: string): void {
  const keys = index.get(owner);
  if (keys === undefined) index.set(owner, key);
  else if (typeof keys !== 'string') keys.add(key);
  else if (keys !== key) index.set(owner, new Set([keys, key]));
}

function removeKey(index: Index, owner: string, key: string): void {
  const keys = index.get(owner);
  if (typeof keys === 'object') keys.delete(key);
  if (keys === key || (typeof keys === 'object' && keys.size === 0)) index.delete(owner);
}

function set<R>(table: Map<string, R>, key: string, record: R | null): void {
  if (record === null) table.delete(key);
  else table.set(key, record);
}
