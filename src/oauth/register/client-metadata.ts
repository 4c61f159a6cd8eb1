import { OAuthClientMetadataSchema } from '@modelcontextprotocol/sdk/shared/auth.js';
import { OAuthError } from '../errors.js';
import { isRedirectUri } from './redirect-uris.js';

/** RFC 7591 metadata as this server takes it over. */
export interface ClientMetadata {
  readonly redirect_uris: readonly string[];
  readonly token_endpoint_auth_method: string;
  readonly grant_types: readonly string[];
  readonly response_types: readonly string[];
  readonly [member: string]: unknown;
}

const redirectUrisMax = 10;
const longestText = 500;
const authenticationMethods = ['none', 'client_secret_post', 'client_secret_basic'];
const grantTypes = ['authorization_code', 'refresh_token'];
const { shape } = OAuthClientMetadataSchema;
/** Members without an effect here. They are kept for the operator if they are valid, and dropped otherwise. */
const informational = {
  client_name: shape.client_name,
  client_uri: shape.client_uri,
  logo_uri: shape.logo_uri,
  scope: shape.scope,
  software_id: shape.software_id,
  software_version: shape.software_version,
};

/**
 * Returns what a registration request asks for, without unknown members and unusable redirect URIs. Throws OAuthError
 * naming the field: `invalid_redirect_uri` when no redirect URI is left, `invalid_client_metadata` for the rest.
 */
export function readClientMetadata(metadata: unknown): ClientMetadata {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw new OAuthError('invalid_client_metadata', 'The body must be a JSON object of client metadata');
  }
  const members = metadata as Readonly<Record<string, unknown>>;
  return {
    redirect_uris: readRedirectUris(members['redirect_uris']),
    // RFC 7591, section 2: the default.
    token_endpoint_auth_method: readAuthenticationMethod(
      members['token_endpoint_auth_method'] ?? 'client_secret_basic',
    ),
    grant_types: readList(members, 'grant_types', grantTypes),
    response_types: readList(members, 'response_types', ['code']),
    ...readInformational(members),
  };
}

function readRedirectUris(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new OAuthError('invalid_redirect_uri', 'redirect_uris must be an array of at least one URI');
  }
  if (value.length > redirectUrisMax) {
    throw new OAuthError('invalid_redirect_uri', `redirect_uris must have at most ${redirectUrisMax} entries`);
  }
  const usable = value.filter((uri): uri is string => typeof uri === 'string' && isRedirectUri(uri));
  if (usable.length === 0) {
    throw new OAuthError(
      'invalid_redirect_uri',
      'redirect_uris must have an https URI, an http URI of a loopback host, or one of a private-use scheme, ' +
        'without userinfo and fragment',
    );
  }
  return [...new Set(usable)];
}

function readAuthenticationMethod(value: unknown): string {
  if (typeof value === 'string' && authenticationMethods.includes(value)) return value;
  throw new OAuthError(
    'invalid_client_metadata',
    `token_endpoint_auth_method must be one of ${authenticationMethods.join(', ')}`,
  );
}

/** Every client gets all types that this server supports. A request without the first one is an error. */
function readList(members: Readonly<Record<string, unknown>>, name: string, supported: readonly string[]) {
  const value = members[name] ?? supported;
  if (Array.isArray(value) && supported[0] !== undefined && value.includes(supported[0])) return supported;
  throw new OAuthError('invalid_client_metadata', `${name} must be an array with ${supported[0]}`);
}

function readInformational(members: Readonly<Record<string, unknown>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, schema] of Object.entries(informational)) {
    const parsed = schema.safeParse(members[name]);
    if (parsed.success && parsed.data) kept[name] = [...parsed.data].slice(0, longestText).join('');
  }
  return kept;
}
