import { assertionAlgorithms } from './clients/client-assertion.js';
import { resourceOf } from './resource.js';
import { supportedScopes, vaultScopes } from './scopes.js';

const clientAuthenticationMethods = ['none', 'client_secret_post', 'client_secret_basic', 'private_key_jwt'];

/** Returns the RFC 8414 document of this server; `issuer` is its public URL without a trailing slash. */
export function authorizationServerMetadata(issuer: string): Readonly<Record<string, unknown>> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    revocation_endpoint: `${issuer}/revoke`,
    scopes_supported: supportedScopes,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: clientAuthenticationMethods,
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    revocation_endpoint_auth_methods_supported: clientAuthenticationMethods,
    revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
  };
}

/** Returns the RFC 9728 document of `/mcp`. */
export function protectedResourceMetadata(issuer: string): Readonly<Record<string, unknown>> {
  return {
    resource: resourceOf(issuer),
    authorization_servers: [issuer],
    scopes_supported: vaultScopes,
    bearer_methods_supported: ['header'],
    resource_name: 'vault-mcp',
  };
}

/** Returns where the RFC 9728 document of `/mcp` is: the well-known part stands between host and path (section 3.1). */
export function protectedResourceMetadataUrl(issuer: string): string {
  const { origin, pathname } = new URL(resourceOf(issuer));
  return `${origin}/.well-known/oauth-protected-resource${pathname}`;
}
