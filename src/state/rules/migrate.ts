import { sha256Hex } from '../../hash.js';
import type { AccessTokenRecord, ClientRecord } from '../schema.js';
import { count, emptyRecords, readHeader, type StateDocument } from './document.js';
import { isKept, isObject, isSeconds, isSound, isStrings } from './records.js';

export interface ImportOptions {
  /** Seconds since the epoch. */
  readonly now: number;
  /** This server's RFC 8707 resource, for tokens that have none. */
  readonly resource: string;
  /** For tokens without an expiry. */
  readonly refreshTokenTtlSeconds: number;
}

type Members = { readonly [member: string]: unknown };
const fullScopes: readonly string[] = ['vault:read', 'vault:write'];

/** How old a registration is taken for that does not say: as new it could not be evicted, and would keep others out. */
const unknownAgeSeconds = 24 * 3600;

/**
 * Version 1 to 2, so that no login is lost: secrets and tokens are hashed, and all tokens of a client get one grant, so that
 * revoking one of them ends the login. Grant ids are derived, so a second import of the same file gives the same ones.
 */
export function migrateVersion1(document: Members, options: ImportOptions): StateDocument {
  const records = emptyRecords();
  const unsound = new Map<string, number>();
  const { revokedBefore, members } = readHeader(document, unsound);
  const clients = tableOf(document, 'clients', unsound);
  const accessTokens = tableOf(document, 'access_tokens', unsound);
  const refreshTokens = tableOf(document, 'refresh_tokens', unsound);
  const used = new Set<unknown>();
  for (const [, token] of [...accessTokens, ...refreshTokens]) if (isObject(token)) used.add(token['client_id']);

  for (const [id, client] of clients) {
    const record = isObject(client) ? importClient(id, client, used.has(id), options.now) : undefined;
    if (record !== undefined && isSound('clients', id, record)) records.clients.set(id, record);
    else count(unsound, 'clients');
  }
  const tables = { refresh_tokens: refreshTokens, access_tokens: accessTokens };
  for (const name of ['refresh_tokens', 'access_tokens'] as const) {
    for (const [plain, token] of tables[name]) {
      const imported = importToken(token, records.clients, options);
      if (imported === 'dead') continue;
      if (imported === 'unsound' || !isSound(name, sha256Hex(plain), imported.record)) {
        count(unsound, name);
        continue;
      }
      const { clientId, resource, record } = imported;
      const grant = records.grants.get(record.grant_id) ?? {
        client_id: clientId,
        scopes: [],
        resource,
        created_at: options.now,
        last_used_at: options.now,
        origin: 'import',
      };
      const scopes = [...new Set([...grant.scopes, ...record.scopes])];
      records.grants.set(record.grant_id, { ...grant, scopes });
      records[name].set(sha256Hex(plain), record);
    }
  }
  return { revokedBefore, members, records, unsound };
}

function tableOf(document: Members, name: string, unsound: Map<string, number>): [string, unknown][] {
  const table = document[name];
  if (table === undefined || table === null) return [];
  if (isObject(table)) return Object.entries(table);
  count(unsound, name);
  return [];
}

/** Version 1 writes every member it knows, most of them null; what is null says nothing. */
function importClient(id: string, client: Members, used: boolean, now: number): ClientRecord | undefined {
  const { client_secret: secret, client_secret_expires_at: _expiry, ...rest } = client;
  if (secret !== null && secret !== undefined && typeof secret !== 'string') return undefined;
  const record: { [member: string]: unknown } = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== null),
  );
  record['client_id'] ??= id;
  record['redirect_uris'] ??= [];
  record['client_id_issued_at'] = wholeSeconds(record['client_id_issued_at']) ?? now - unknownAgeSeconds;
  if (!isObject(record['jwks'])) delete record['jwks'];
  record['token_endpoint_auth_method'] ??= typeof secret === 'string' ? 'client_secret_post' : 'none';
  if (typeof secret === 'string') record['client_secret_hash'] = sha256Hex(secret);
  if (used) record['approved_at'] = record['client_id_issued_at'];
  return record as ClientRecord;
}

interface ImportedToken {
  readonly clientId: string;
  readonly resource: string;
  readonly record: AccessTokenRecord;
}

/** `dead`: expired, or of a client that is gone. */
function importToken(
  token: unknown,
  clients: ReadonlyMap<string, ClientRecord>,
  options: ImportOptions,
): ImportedToken | 'dead' | 'unsound' {
  if (!isObject(token) || !isKept(token)) return 'unsound';
  const { token: _plain, client_id: clientId, scopes, expires_at: expiry, resource, ...unknown } = token;
  if (typeof clientId !== 'string' || !(scopes === null || scopes === undefined || isStrings(scopes))) return 'unsound';
  const expiresAt =
    expiry === null || expiry === undefined ? options.now + options.refreshTokenTtlSeconds : wholeSeconds(expiry);
  if (expiresAt === undefined) return 'unsound';
  if (expiresAt <= options.now || !clients.has(clientId)) return 'dead';
  return {
    clientId,
    resource: typeof resource === 'string' && resource !== '' ? resource : options.resource,
    record: {
      ...Object.fromEntries(Object.entries(unknown).filter(([, value]) => value !== null)),
      grant_id: derivedId(clientId),
      scopes: importScopes(scopes ?? []),
      created_at: options.now,
      expires_at: expiresAt,
    },
  };
}

/** Version 1 never looked at scopes: a token without one of ours could do everything. */
function importScopes(scopes: readonly string[]): readonly string[] {
  return scopes.some((scope) => fullScopes.includes(scope)) ? scopes : fullScopes;
}

function wholeSeconds(value: unknown): number | undefined {
  const seconds = typeof value === 'number' ? Math.floor(value) : undefined;
  return isSeconds(seconds) ? seconds : undefined;
}

function derivedId(text: string): string {
  return sha256Hex(`vault-mcp import ${text}`).slice(0, 32);
}
