import type { RecordTypes, TableName } from '../schema.js';

/** Unknown members may nest this deep; JSON.stringify overflows its stack on what JSON.parse still takes. */
const deepestNesting = 64;

type Members = { readonly [member: string]: unknown };

/** True when `value` can be used as the record `key` of `table`; unknown members are welcome. */
export function isSound<T extends TableName>(table: T, key: string, value: unknown): value is RecordTypes[T] {
  if (!isObject(value) || !hasOwn(value, required[table])) return false;
  return checks[table](value, key) && isKept(value);
}

/** True for a JSON object. */
export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for whole seconds that arithmetic can be trusted with. */
export function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isString);
}

/** True when a rewrite keeps `value`: it nests at most `depth` levels and holds no number beyond what JSON can say. */
export function isKept(value: unknown, depth: number = deepestNesting): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item !== 'string' && !isKept(item, depth - 1)) return false;
    return true;
  }
  // Every member of every record passes here at each read: most are texts, and need no call.
  for (const name in value) {
    const member = (value as Members)[name];
    if (typeof member !== 'string' && !isKept(member, depth - 1)) return false;
  }
  return true;
}

const required: { readonly [T in TableName]: readonly string[] } = {
  clients: ['client_id', 'client_id_issued_at', 'redirect_uris', 'token_endpoint_auth_method'],
  grants: ['client_id', 'scopes', 'resource', 'created_at', 'last_used_at', 'origin'],
  access_tokens: ['grant_id', 'scopes', 'created_at', 'expires_at'],
  refresh_tokens: ['grant_id', 'scopes', 'created_at', 'expires_at'],
};

const originNames = ['approved_address', 'approved_user_agent', 'last_used_address', 'last_used_user_agent'];

const checks: { readonly [T in TableName]: (record: Members, key: string) => boolean } = {
  clients: (client, key) =>
    client['client_id'] === key &&
    isSeconds(client['client_id_issued_at']) &&
    isStrings(client['redirect_uris']) &&
    typeof client['token_endpoint_auth_method'] === 'string' &&
    optional(client, ['client_name', 'scope'], (value) => value === null || isString(value)) &&
    optional(client, ['client_secret_hash', 'registration', 'jwks_uri', 'registered_from'], isString) &&
    optional(client, ['grant_types', 'response_types', 'approved_browsers'], isStrings) &&
    optional(client, ['approved_redirects'], (value) => isObject(value) && Object.values(value).every(isSeconds)) &&
    optional(client, ['jwks'], isObject) &&
    optional(
      client,
      ['approved_at', 'added_at', 'last_used_at', 'revoked_before', 'fetched_at', 'fresh_until'],
      isSeconds,
    ),
  grants: (grant) =>
    typeof grant['client_id'] === 'string' &&
    isStrings(grant['scopes']) &&
    typeof grant['resource'] === 'string' &&
    isSeconds(grant['created_at']) &&
    isSeconds(grant['last_used_at']) &&
    (grant['origin'] === 'approval' || grant['origin'] === 'import') &&
    optional(grant, ['code_hash', ...originNames], isString) &&
    optional(grant, ['narrowed'], (value) => typeof value === 'boolean'),
  access_tokens: (token) => isToken(token) && isSeconds(token['expires_at']),
  refresh_tokens: (token) =>
    isToken(token) &&
    (token['expires_at'] === null || isSeconds(token['expires_at'])) &&
    optional(token, ['rotated_at'], isSeconds) &&
    optional(token, ['successor'], isString),
};

function isToken(token: Members): boolean {
  return typeof token['grant_id'] === 'string' && isStrings(token['scopes']) && isSeconds(token['created_at']);
}

function optional(record: Members, names: readonly string[], check: (value: unknown) => boolean): boolean {
  for (const name of names) if (Object.hasOwn(record, name) && !check(record[name])) return false;
  return true;
}

/** A member `__proto__` becomes an own property by JSON.parse, so nothing is inherited; this says so all the same. */
function hasOwn(record: Members, names: readonly string[]): boolean {
  for (const name of names) if (!Object.hasOwn(record, name)) return false;
  return true;
}
