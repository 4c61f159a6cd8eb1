import { randomUUID } from 'node:crypto';
import { CustomOAuthError, InvalidTokenError, OAUTH_ERRORS } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import type { OAuthClientInformationFull } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { LoginStep, LoginsOptions } from './logins-options.js';
import { authInfo, mountLogins } from './mount-logins.js';
import type { FormFields, Peer } from './oauth/authorization-server.js';
import { OAuthError } from './oauth/errors.js';
import type { ClientRecord } from './state/schema.js';

export { VaultMcpError } from './errors.js';
export type { Log, LogFields } from './log.js';
export type { LoginStep, LoginsOptions } from './logins-options.js';

/** For `mcpAuthRouter({ provider, issuerUrl })` and `requireBearerAuth({ verifier: provider })` of the SDK's version 1. */
export interface OAuthProvider extends OAuthServerProvider {
  /** Serves the approval page at `/oauth/approve`, and calls `next` for other paths: `app.use(provider.approvalPage)`. */
  readonly approvalPage: LoginStep;
  /** Saves and stops; rejects with VaultMcpError when the last changes could not be saved. Close the HTTP server first. */
  close(): Promise<void>;
}

/**
 * Returns the SDK's own OAuthServerProvider over a state file that survives restarts; give `issuerUrl` to mcpAuthRouter,
 * too, and its `resourceServerUrl` as `issuerUrl` with `resourcePath`. The SDK compares plain client secrets, which are
 * kept nowhere: all apps are registered as public clients, whose proof is PKCE. Rejects as createLogins does; its methods
 * reject with the SDK's errors.
 */
export async function createOAuthProvider(options: LoginsOptions): Promise<OAuthProvider> {
  const { store, oauth, routes, close } = await mountLogins(options, false);
  // The SDK's metadata have the URL with a slash, and clients compare `iss` with it (RFC 9207).
  const issuer = new URL(oauth.issuer).href;
  /** The SDK does not say where a request comes from, and has its own limits. */
  const unknownPeer = (): Peer => ({ requestId: randomUUID(), address: '', issuer });
  const askToken = (client: OAuthClientInformationFull, form: FormFields) =>
    translated(() => oauth.token(definedOf({ ...form, client_id: client.client_id }), undefined, unknownPeer()));

  return {
    approvalPage: routes.routes,
    close,
    // The check is made here, where a code is used up only by who has its verifier.
    skipLocalPkceValidation: true,
    clientsStore: {
      async getClient(clientId) {
        const client = store.view().clients.get(clientId) ?? (await store.freshView()).clients.get(clientId);
        return client === undefined || !isPublic(client) ? undefined : informationOf(client);
      },
      async registerClient(metadata) {
        const { client_secret, client_secret_expires_at, ...asked } = metadata;
        return translated(async () => {
          const registered = await oauth.register({ ...asked, token_endpoint_auth_method: 'none' }, unknownPeer());
          return registered as unknown as OAuthClientInformationFull;
        });
      },
    },
    async authorize(client, params, response) {
      const form = {
        response_type: 'code',
        client_id: client.client_id,
        redirect_uri: params.redirectUri,
        code_challenge: params.codeChallenge,
        code_challenge_method: 'S256',
        state: params.state,
        scope: params.scopes?.join(' '),
        resource: params.resource?.href,
      };
      await translated(() => routes.authorize(response.req, response, definedOf(form), { issuer }));
    },
    async challengeForAuthorizationCode() {
      throw new CustomOAuthError('server_error', 'The provider checks code_verifier itself');
    },
    exchangeAuthorizationCode: (client, code, codeVerifier, redirectUri, resource) =>
      askToken(client, {
        grant_type: 'authorization_code',
        code,
        code_verifier: codeVerifier,
        redirect_uri: redirectUri,
        resource: resource?.href,
      }),
    exchangeRefreshToken: (client, refreshToken, scopes, resource) =>
      askToken(client, {
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        scope: scopes?.join(' '),
        resource: resource?.href,
      }),
    verifyAccessToken: (token) =>
      translated(async () => {
        const caller = await oauth.authenticateAfresh(token);
        if (caller === undefined) throw new InvalidTokenError('The access token is unknown, expired or revoked');
        return authInfo(token, caller, oauth.resource);
      }),
    revokeToken: (client, { token }) =>
      translated(() => oauth.revoke({ client_id: client.client_id, token }, undefined, unknownPeer())),
  };
}

/** Clients that prove themselves by a secret or a key could not do so here. */
function isPublic({ client_secret_hash: hash, token_endpoint_auth_method: method }: ClientRecord): boolean {
  return hash === undefined && method !== 'private_key_jwt';
}

function informationOf(client: ClientRecord): OAuthClientInformationFull {
  return {
    client_id: client.client_id,
    client_id_issued_at: client.client_id_issued_at,
    redirect_uris: [...client.redirect_uris],
    token_endpoint_auth_method: 'none',
    ...(typeof client.client_name === 'string' ? { client_name: client.client_name } : {}),
  };
}

function definedOf(form: FormFields): FormFields {
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined && value !== ''));
}

/** Rejects with the SDK's error for one of ours. */
async function translated<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const known = OAUTH_ERRORS[error.code as keyof typeof OAUTH_ERRORS];
    throw known === undefined ? new CustomOAuthError(error.code, error.message) : new known(error.message);
  }
}
