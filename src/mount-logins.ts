import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { VaultMcpError } from './errors.js';
import { createConsent } from './http/consent.js';
import { createLoginRoutes, type LoginRoutes } from './http/login-routes.js';
import { silentLog } from './log.js';
import type { LoginsOptions } from './logins-options.js';
import type { Caller } from './oauth/authorization-server.js';
import { createScopeRules } from './oauth/scopes.js';
import { type OpenLogins, openLogins } from './open-logins.js';

/** Returns the caller in the form of the SDKs' AuthInfo. */
export function authInfo(token: string, caller: Caller, resource: string): AuthInfo {
  const { clientId, grantId, scopes, expiresAt } = caller;
  const known = { token, clientId, scopes: [...scopes], resource: new URL(resource), extra: { grantId } };
  return expiresAt === undefined ? known : { ...known, expiresAt };
}

/** Opens the logins and their routes; with `endpoints` false, other code serves the endpoints and the metadata. */
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
