import * as errors from 'jose/errors';
import { createRemoteJWKSet, customFetch } from 'jose/jwks/remote';
import { jwtVerify } from 'jose/jwt/verify';
import type { Log } from '../log.js';
import type { Caller } from './authorization-server.js';
import { FetchError, type FetchJson } from './clients/guarded-fetch.js';

/** Far more than a team's keys take. */
export const keySetBytes = 64 * 1024;

export interface CloudflareAccessOptions {
  /** `https://<team>.cloudflareaccess.com`. */
  teamUrl: string;
  /** The application's audience tag. */
  audience: string;
  /** Email addresses, and client IDs of service tokens, that may come in. */
  allow: readonly string[];
  scopes: readonly string[];
  log: Log;
  fetchJson: FetchJson;
}

/** Returns who a `Cf-Access-Jwt-Assertion` stands for, or undefined when it proves nothing; `requestId` names its request in the log. */
export type VerifyAccessAssertion = (assertion: string, requestId: string) => Promise<Caller | undefined>;

/** Returns the URL of a Cloudflare Access team, named as `team` or as its host; undefined when it cannot be one. */
export function accessTeamUrl(team: string): string | undefined {
  const name = /^([a-z0-9][a-z0-9-]{0,62})(?:\.cloudflareaccess\.com)?$/i.exec(team)?.[1];
  return name === undefined ? undefined : `https://${name.toLowerCase()}.cloudflareaccess.com`;
}

/** Returns where a team publishes its keys. */
export function accessKeysUrl(teamUrl: string): URL {
  return new URL(`${teamUrl}/cdn-cgi/access/certs`);
}

/**
 * Returns a verifier for the assertion that Cloudflare Access adds to each request: signature by the team's keys, issuer,
 * audience, type `app`, and a listed email or service token. Keys that cannot be fetched let nobody in.
 */
export function createAccessVerifier(options: CloudflareAccessOptions): VerifyAccessAssertion {
  const { teamUrl, audience, scopes, log, fetchJson } = options;
  const allowed = new Set(options.allow.map((name) => name.toLowerCase()));
  const keys = createRemoteJWKSet(accessKeysUrl(teamUrl), {
    [customFetch]: async (url) => Response.json((await fetchJson(new URL(url), keySetBytes, 'approved')).json),
  });
  const loggedIdentities = new Set<string>();

  return async (assertion, request) => {
    try {
      const { payload } = await jwtVerify(assertion, keys, {
        algorithms: ['RS256', 'ES256'],
        issuer: teamUrl,
        audience,
        requiredClaims: ['exp'],
      });
      // A person's token has an email; a service token's has its client ID as common_name and an empty subject.
      const identity = payload['email'] || payload['common_name'];
      if (payload['type'] !== 'app' || typeof identity !== 'string' || !allowed.has(identity.toLowerCase())) {
        log.warn('refused a Cloudflare Access identity that is not listed', {
          request,
          identity: String(identity).slice(0, 100),
        });
        return undefined;
      }
      if (!loggedIdentities.has(identity)) log.info('Cloudflare Access let an identity in', { request, identity });
      loggedIdentities.add(identity);
      return { clientId: `cloudflare-access:${identity}`, grantId: '', scopes };
    } catch (error) {
      const reason = error instanceof errors.JOSEError ? error.code : `the team's keys: ${reasonOf(error)}`;
      log.warn('refused a Cloudflare Access assertion', { request, reason });
      return undefined;
    }
  };
}

function reasonOf(error: unknown): string {
  return error instanceof FetchError ? error.message : 'cannot be fetched';
}
