import type { IncomingMessage, ServerResponse } from 'node:http';
import { bearerToken } from './http/bearer.js';
import { allowCrossOrigin } from './http/methods.js';
import { challengeScope } from './http/scope-challenge.js';
import type { LoginStep, LoginsOptions } from './logins-options.js';
import { authInfo, mountLogins } from './mount-logins.js';
import type { Caller } from './oauth/authorization-server.js';

export { VaultMcpError } from './errors.js';
export type { Log, LogFields } from './log.js';
export type { LoginStep, LoginsOptions } from './logins-options.js';
export type { Caller } from './oauth/authorization-server.js';

export interface Logins {
  /**
   * Answers `/authorize`, `/oauth/approve`, `/register`, `/token`, `/revoke` and the metadata below `/.well-known/`, and
   * calls `next` for other paths. Mount it at the root, before any body parser. If `issuerUrl` has a path, that path is
   * removed from `request.url`.
   */
  readonly routes: LoginStep;
  /**
   * Returns middleware that passes on requests whose access token has these scopes, with `request.auth` as the MCP SDKs
   * expect it. It answers 401, 403 (a scope is missing), 503 (the state file cannot be read yet) and CORS preflights.
   */
  requireLogin(...scopes: readonly string[]): LoginStep;
  /** The same for other servers: resolves with the caller, or with undefined if it has answered the request itself. */
  authenticate(
    request: IncomingMessage,
    response: ServerResponse,
    ...scopes: readonly string[]
  ): Promise<Caller | undefined>;
  /** Saves and stops; rejects with VaultMcpError when the last changes could not be saved. Close the HTTP server first. */
  close(): Promise<void>;
}

/**
 * Returns logins for an MCP server: an OAuth 2.1 authorization server where one person approves clients with a PIN, and a
 * state file that survives restarts. Rejects with VaultMcpError: `invalid_option`, `invalid_trust_proxy`, or a code for
 * the state file (`newer_version`, `not_state`, …), which is then left unchanged.
 */
export async function createLogins(options: LoginsOptions): Promise<Logins> {
  const { routes, oauth, close } = await mountLogins(options, true);

  async function authenticate(
    request: IncomingMessage,
    response: ServerResponse,
    ...scopes: readonly string[]
  ): Promise<Caller | undefined> {
    const caller = await routes.checkBearer(request, response);
    if (caller === undefined) return undefined;
    const missing = scopes.filter((scope) => !caller.scopes.includes(scope));
    if (missing.length === 0) return caller;
    challengeScope(response, caller.scopes, missing, oauth.resourceMetadataUrl(routes.issuerOf(request)));
    return undefined;
  }

  return {
    routes: routes.routes,
    authenticate,
    requireLogin: (...scopes) => {
      const crossOrigin = allowCrossOrigin('GET', 'POST', 'DELETE');
      return (request, response, next) => {
        const enter = async () => {
          const caller = await authenticate(request, response, ...scopes);
          if (caller === undefined) return;
          Object.assign(request, { auth: authInfo(bearerToken(request) ?? '', caller, oauth.resource) });
          next();
        };
        crossOrigin(request, response, () => void enter().catch(next));
      };
    },
    close,
  };
}
