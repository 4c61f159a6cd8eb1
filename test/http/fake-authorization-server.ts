import type { AuthorizationServer, PendingApproval } from '../../src/oauth/authorization-server.js';
import { OAuthError } from '../../src/oauth/errors.js';

export const issuer = 'https://vault.example.com';

/** One request waits: `pending`. */
export const pending: PendingApproval = {
  kind: 'pending',
  requestId: 'pending',
  clientName: 'Claude',
  clientHost: undefined,
  redirectHost: 'claude.ai',
  redirectsToLoopback: false,
  scopes: ['vault:read', 'vault:write'],
  lastApprovedAt: undefined,
  expiresAt: Math.floor(Date.now() / 1_000) + 600,
};

/** An authorization server that refuses everything, but for what a test replaces. */
export function fakeAuthorizationServer(replaced: Partial<AuthorizationServer> = {}): AuthorizationServer {
  const server: AuthorizationServer = {
    issuer,
    resource: `${issuer}/mcp`,
    formerIssuers: [],
    resourceMetadataUrl: (asked) => `${asked}/.well-known/oauth-protected-resource/mcp`,
    metadata: (asked) => ({ issuer: asked, token_endpoint: `${asked}/token` }),
    resourceMetadata: (asked) => ({ resource: `${asked}/mcp`, authorization_servers: [asked] }),
    authenticate: (token) =>
      token === 'good' ? { clientId: 'client', grantId: 'grant', scopes: ['vault:read'] } : undefined,
    authenticateAfresh: async (token) => server.authenticate(token),
    register: async () => {
      throw new OAuthError('invalid_redirect_uri', 'No redirect URI can be used');
    },
    authorize: async () => ({ kind: 'approval', requestId: 'pending' }),
    approval: (requestId) => (requestId === 'pending' ? pending : { kind: 'gone' }),
    decide: async () => ({ kind: 'gone' }),
    token: async () => {
      throw new OAuthError('invalid_client', 'Unknown client');
    },
    revoke: async () => {},
    ...replaced,
  };
  return server;
}
