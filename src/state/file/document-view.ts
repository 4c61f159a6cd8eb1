import type { StateView, Table } from '../schema.js';
import type { StateDocument } from './document.js';

/** A document as it was read, to look at: nothing of it can be changed, so it needs no more than its own maps. */
export class DocumentView implements StateView {
  readonly revokedBefore: number | undefined;
  readonly clients: StateView['clients'];
  readonly grants: StateView['grants'];
  readonly access_tokens: StateView['access_tokens'];
  readonly refresh_tokens: StateView['refresh_tokens'];
  readonly #grantsOf: ReadonlyMap<string, readonly string[]>;
  readonly #accessTokensOf: ReadonlyMap<string, readonly string[]>;
  readonly #refreshTokensOf: ReadonlyMap<string, readonly string[]>;

  constructor({ records, revokedBefore }: StateDocument) {
    this.revokedBefore = revokedBefore;
    this.clients = records.clients;
    this.grants = records.grants;
    this.access_tokens = records.access_tokens;
    this.refresh_tokens = records.refresh_tokens;
    this.#grantsOf = keysByOwner(records.grants, (grant) => grant.client_id);
    this.#accessTokensOf = keysByOwner(records.access_tokens, (token) => token.grant_id);
    this.#refreshTokensOf = keysByOwner(records.refresh_tokens, (token) => token.grant_id);
  }

  grantIdsOf(clientId: string): Iterable<string> {
    return this.#grantsOf.get(clientId) ?? [];
  }
  accessTokenHashesOf(grantId: string): Iterable<string> {
    return this.#accessTokensOf.get(grantId) ?? [];
  }
  refreshTokenHashesOf(grantId: string): Iterable<string> {
    return this.#refreshTokensOf.get(grantId) ?? [];
  }
}

function keysByOwner<R>(table: Table<R>, ownerOf: (record: R) => string): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const [key, record] of table.entries()) {
    const owner = ownerOf(record);
    const known = keys.get(owner);
    if (known === undefined) keys.set(owner, [key]);
    else known.push(key);
  }
  return keys;
}
