import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { VaultMcpError } from './errors.js';
import { bearerToken } from './http/bearer.js';
import { createConsent } from './http/consent.js';
import { createLoginRoutes, type LoginRoutes } from './http/login-routes.js';
import { allowCrossOrigin } from './http/methods.js';
import { challengeScope } from './http/scope-challenge.js';
import { type Log, silentLog } from './log.js';
import type { Caller } from './oauth/authorization-server.js';
import { createScopeRules } from './oauth/scopes.js';
import { type OpenLogins, openLogins } from './open-logins.js';

export { VaultMcpError } from './errors.js';
export type { Log, LogFields } from './log.js';
export type { Caller } from './oauth/authorization-server.js';

/** A server to which this one adds logins. Times are in seconds. */
export interface LoginsOptions {
  /** The public URL, such as `https://tasks.example.com`: what clients are told, and who issues the tokens. */
  readonly issuerUrl: string;
  /**
   * The file that keeps all logins over restarts (mode 0600; tokens as hashes alone; local disks only); its folder is made
   * when it is missing. Without one they live in memory, and a restart logs everybody out.
   */
  readonly statePath?: string;
  /** What the person types on the approval page to let an app in: 12 characters or more, or a warning is logged. */
  readonly pin: string;
  /** What people call the server, on the pages and in the metadata; the host of `issuerUrl` unless told. */
  readonly name?: string;
  /** What apps may ask for, and the words for it on the approval page: `{ 'tasks:read': 'See your tasks' }`; `mcp` unless told. */
  readonly scopes?: Readonly<Record<string, string>>;
  /** Where the protected server is below `issuerUrl`, such as `/mcp`, which it is unless told; empty for `issuerUrl` itself. */
  readonly resourcePath?: string;
  /** How long an access token is good; 30 days unless told. */
  readonly accessTokenTtlSeconds?: number;
  /** How long a refresh token is good after its last use; 90 days unless told. */
  readonly refreshTokenTtlSeconds?: number;
  /** How long a rotated refresh token still works after its successor was used; a day unless told. */
  readonly refreshGraceSeconds?: number;
  /** Further values of the Host header, `name`, `name:*` or `name:port`, beside loopback and the issuer's. */
  readonly allowedHosts?: readonly string[];
  /** Addresses or ranges of proxies whose X-Forwarded-For counts; loopback unless told. */
  readonly trustProxy?: readonly string[];
  /** False lifts the limits on requests of an address; those on wrong PINs stay. True unless told. */
  readonly rateLimit?: boolean;
  /** Is told what happens, without secrets; silent unless told. */
  readonly log?: Log;
}

/** A step of answering a request: for `app.use` of Express, or called with a function to go on with. */
export type LoginStep = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

export interface Logins {
  /**
   * Answers `/authorize`, `/oauth/approve`, `/register`, `/token`, `/revoke` and the metadata below `/.well-known/`, and
   * calls `next` for all else. Mount it at the root and before parsers of bodies. The path of `issuerUrl`, if it has one,
   * is taken off `request.url`.
   */
  readonly routes: LoginStep;
  /**
   * Returns a step that lets requests through whose access token has these scopes, with `request.auth` as the MCP SDKs
   * want it; it answers 401, 403 (a scope is missing), 503 (the state file cannot be read yet) and CORS preflights itself.
   */
  requireLogin(...scopes: readonly string[]): LoginStep;
  /** The same for other servers: resolves with who calls, or with undefined after it has answered. */
  authenticate(
    request: IncomingMessage,
    response: ServerResponse,
    ...scopes: readonly string[]
  ): Promise<Caller | undefined>;
  /** Saves and stops; rejects with VaultMcpError when the last changes could not be saved. Close the HTTP server first. */
  close(): Promise<void>;
}

/**
 * Returns logins for an MCP server: an OAuth 2.1 authorization server that one person approves by a PIN, over a state file
 * that survives restarts. Rejects with VaultMcpError: `invalid_option`, `invalid_trust_proxy`, or what is wrong with the
 * state file (`newer_version`, `not_state`, …), which is then untouched.
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

/** Returns what the SDKs want to know of a caller. */
export function authInfo(token: string, caller: Caller, resource: string): AuthInfo {
  const { clientId, grantId, scopes, expiresAt } = caller;
  const known = { token, clientId, scopes: [...scopes], resource: new URL(resource), extra: { grantId } };
  return expiresAt === undefined ? known : { ...known, expiresAt };
}

/** Opens the logins and their routes; `endpoints` false leaves endpoints and metadata to somebody else. */
export async function mountLogins(
  options: LoginsOptions,
  endpoints: boolean,
): Promise<Pick<OpenLogins, 'store' | 'oauth' | 'close'> & { routes: LoginRoutes }> {
  const log = options.log ?? silentLog;
  const issuerUrl = readIssuer(options.issuerUrl);
  const resourcePath = options.resourcePath ?? '/mcp';
  if (!/^(?:\/[\w.~-]+)*$/.test(resourcePath)) throw invalid('resourcePath', 'a path such as /mcp, or empty');
  if (options.pin.trim() === '') throw invalid('pin', 'a text that is not blank');
  const scopes = options.scopes ?? { mcp: 'Use all of it' };
  const names = Object.keys(scopes);
  // RFC 6749, section 3.3.
  if (names.length === 0 || !names.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))) {
    throw invalid('scopes', 'one scope or more, of ASCII without blanks, quotation marks and backslashes');
  }
  const name = options.name ?? new URL(issuerUrl).host;
  const scopeRules = createScopeRules(names);
  const logins = await openLogins({ ...options, issuerUrl, resourcePath, resourceName: name, scopeRules, log });
  try {
    const routes = createLoginRoutes({
      issuer: issuerUrl,
      oauth: logins.oauth,
      consent: createConsent(name, scopes),
      resourcePath,
      allowedHosts: options.allowedHosts ?? [],
      trustProxy: options.trustProxy ?? ['loopback'],
      rateLimit: options.rateLimit ?? true,
      endpoints,
      log,
    });
    return { ...logins, routes };
  } catch (error) {
    await logins.close();
    throw error;
  }
}

function readIssuer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  )
    throw invalid('issuerUrl', 'an http or https URL without query, fragment and user name');
  return url.href.replace(/\/+$/, '');
}

function invalid(option: string, expected: string): VaultMcpError {
  return new VaultMcpError('invalid_option', `the option ${option} must be ${expected}`);
}
