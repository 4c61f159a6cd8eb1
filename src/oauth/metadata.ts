import { assertionAlgorithms } from './clients/client-assertion.js';
import { resourceOf } from './resource.js';

const clientAuthenticationMethods = ['none', 'client_secret_post', 'client_secret_basic'];

/** Returns the RFC 8414 document of this server; `issuer` is its public URL without a trailing slash. */
export function authorizationServerMetadata(
  issuer: string,
  scopes: readonly string[],
  offersClientDocuments: boolean,
): Readonly<Record<string, unknown>> {
  // Only clients with a document prove themselves by keys; old SDKs refuse metadata with algorithms in it.
  const methods = offersClientDocuments
    ? [...clientAuthenticationMethods, 'private_key_jwt']
    : clientAuthenticationMethods;
  const algorithms = offersClientDocuments ? assertionAlgorithms : undefined;
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    revocation_endpoint: `${issuer}/revoke`,
    scopes_supported: scopes,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: algorithms,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: algorithms,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: offersClientDocuments,
  };
}

/** Returns the members without which clients refuse a document at an openid-configuration path; no id token is ever issued. */
export function openidMembers(issuer: string): Readonly<Record<string, unknown>> {
  return {
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

/** What a server protects by its tokens. */
export interface ProtectedResource {
  /** Shown to people. */
  readonly name: string;
  /** Below the issuer, with a slash in front: `/mcp`; empty for the issuer itself. */
  readonly path: string;
  readonly scopes: readonly string[];
}

/** Returns the RFC 9728 document of the resource. */
export function protectedResourceMetadata(
  issuer: string,
  { name, path, scopes }: ProtectedResource,
): Readonly<Record<string, unknown>> {
  return {
    resource: resourceOf(issuer, path),
    authorization_servers: [issuer],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    resource_name: name,
  };
}

/**
 * Returns where clients find the RFC 9728 document of the resource: between host and path (section 3.1); for an issuer with a
 * path below that path, which a proxy that hands on nothing else reaches, too.
 */
export function protectedResourceMetadataUrl(issuer: string, path: string): string {
  return `${issuer}/.well-known/oauth-protected-resource${path}`;
}
