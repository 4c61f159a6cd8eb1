/** A registered client: RFC 7591 metadata and our own bookkeeping. Times are seconds since the epoch; unknown members survive. */
export interface ClientRecord {
  readonly client_id: string;
  readonly client_id_issued_at: number;
  readonly redirect_uris: readonly string[];
  readonly token_endpoint_auth_method: string;
  readonly client_name?: string | null;
  readonly grant_types?: readonly string[];
  readonly response_types?: readonly string[];
  readonly scope?: string | null;
  /** SHA-256 in hex; absent for public clients. */
  readonly client_secret_hash?: string;
  readonly approved_at?: number;
  readonly last_used_at?: number;
  /** Approvals, codes and unsaved grants from before this moment are void. */
  readonly revoked_before?: number;
  /** For Client ID Metadata Documents, whose client_id outlives `--forget`: a random name of this one registration. */
  readonly registration?: string;
  /** For Client ID Metadata Documents: when it was fetched and until when it is fresh. */
  readonly fetched_at?: number;
  readonly fresh_until?: number;
  /** For Client ID Metadata Documents that sign what they send: their keys (RFC 7517), or where those are. */
  readonly jwks?: { readonly [member: string]: unknown };
  readonly jwks_uri?: string;
  /** The address prefix of a registration that nobody approved yet. */
  readonly registered_from?: string;
  /** SHA-256 in hex of the cookies of browsers that approved this client, the latest last. */
  readonly approved_browsers?: readonly string[];
  /** When the person approved this client, by the place that the redirect led to: a host, or an app's scheme. */
  readonly approved_redirects?: { readonly [place: string]: number };
  /** When the operator added this client with a command: it is kept although nobody approved it yet. */
  readonly added_at?: number;
  readonly [member: string]: unknown;
}

/** One approval, and the family of all its tokens. */
export interface GrantRecord {
  readonly client_id: string;
  readonly scopes: readonly string[];
  readonly resource: string;
  readonly created_at: number;
  readonly last_used_at: number;
  readonly origin: 'approval' | 'import';
  /** Kept for ten minutes, so that a replayed code is known after a restart. */
  readonly code_hash?: string;
  /** True when the person granted less than the client asked for. */
  readonly narrowed?: boolean;
  /** Where the approval and the last use came from; absent where addresses are not kept. */
  readonly approved_address?: string;
  readonly approved_user_agent?: string;
  readonly last_used_address?: string;
  readonly last_used_user_agent?: string;
  readonly [member: string]: unknown;
}

/** Keyed by the SHA-256 of the token, in hex. */
export interface AccessTokenRecord {
  readonly grant_id: string;
  readonly scopes: readonly string[];
  readonly created_at: number;
  readonly expires_at: number;
  readonly [member: string]: unknown;
}

/** Keyed by the SHA-256 of the token, in hex. `successor` is the next token, sealed under a key derived from this one. */
export interface RefreshTokenRecord {
  readonly grant_id: string;
  readonly scopes: readonly string[];
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly rotated_at?: number;
  readonly successor?: string;
  readonly [member: string]: unknown;
}

export interface RecordTypes {
  readonly clients: ClientRecord;
  readonly grants: GrantRecord;
  readonly access_tokens: AccessTokenRecord;
  readonly refresh_tokens: RefreshTokenRecord;
}
export type TableName = keyof RecordTypes;
export const tableNames = [
  'clients',
  'grants',
  'access_tokens',
  'refresh_tokens',
] as const satisfies readonly TableName[];

/** Returns what `make` makes for each table. */
export function perTable<V>(make: (name: TableName) => V): { readonly [T in TableName]: V } {
  return Object.fromEntries(tableNames.map((name) => [name, make(name)])) as { [T in TableName]: V };
}

/** What a draft changed: per table the new record by key, or null to delete it. */
export type ChangeSet = {
  readonly [T in TableName]?: ReadonlyMap<string, RecordTypes[T] | null>;
} & { readonly revoked_before?: number };

/** A read-only table; iteration is in no promised order. */
export interface Table<R> {
  readonly size: number;
  get(key: string): R | undefined;
  has(key: string): boolean;
  entries(): Iterable<[string, R]>;
}

/** The state as one moment sees it. */
export interface StateView {
  readonly revokedBefore: number | undefined;
  readonly clients: Table<ClientRecord>;
  readonly grants: Table<GrantRecord>;
  readonly access_tokens: Table<AccessTokenRecord>;
  readonly refresh_tokens: Table<RefreshTokenRecord>;
  grantsOf(clientId: string): Iterable<[id: string, GrantRecord]>;
  accessTokensOf(grantId: string): Iterable<[hash: string, AccessTokenRecord]>;
  refreshTokensOf(grantId: string): Iterable<[hash: string, RefreshTokenRecord]>;
}
