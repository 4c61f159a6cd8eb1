import { isLoopbackName } from '../addresses.js';
import type { GrantRecord } from '../state/schema.js';
import type { FormFields } from './authorization-server.js';
import { OAuthError } from './errors.js';
import { all } from './form-fields.js';

const defaultPath = '/mcp';

/** Returns the resource that tokens of this server are for (RFC 8707): its `/mcp`, or another path below its issuer. */
export function resourceOf(issuer: string, path: string = defaultPath): string {
  return `${issuer}${path}`;
}

/** Returns whether a resource means this server, as its issuers are known or as `asked`, the URL a request came under. */
export type IsOurResource = (resource: string, asked?: string) => boolean;

/**
 * Returns a predicate over resource identifiers that mean this server: the `/mcp`, or the given path, or the root of one of its
 * issuers, with or without a trailing slash; of a loopback issuer under every loopback name.
 */
export function createResourceCheck(issuers: readonly string[], path: string = defaultPath): IsOurResource {
  const accepted = new Set(issuers.flatMap((issuer) => [resourceOf(issuer, path), ...formsOf(issuer, path)]));
  return (resource, asked) => {
    // As nearly all grants have it: no URL is parsed for each of thousands at a start.
    if (accepted.has(resource)) return true;
    const normal = normalise(resource);
    return accepted.has(normal) || (asked !== undefined && formsOf(asked, path).includes(normal));
  };
}

/**
 * Returns whether the tokens of a grant are for this server. Imported ones are: the Python server, whose state they
 * come from, kept whatever resource its clients named.
 */
export function createGrantCheck(isOurs: IsOurResource): (grant: GrantRecord) => boolean {
  return (grant) => grant.origin === 'import' || isOurs(grant.resource);
}

/** Throws `invalid_target` when a request names a resource that is not this server (RFC 8707, section 2). */
export function checkResource(form: FormFields, isOurs: IsOurResource, asked: string | undefined): void {
  for (const resource of all(form, 'resource')) {
    if (!isOurs(resource, asked)) throw new OAuthError('invalid_target', 'The resource is not one of this server');
  }
}

function formsOf(issuer: string, path: string): string[] {
  return [issuer, `${issuer}/`, resourceOf(issuer, path), `${resourceOf(issuer, path)}/`].map(normalise);
}

/** All names of this machine are one, since clients take whichever they were given. */
function normalise(resource: string): string {
  if (!URL.canParse(resource)) return resource;
  const url = new URL(resource);
  if (isLoopbackName(url.hostname)) url.hostname = 'localhost';
  return url.href;
}
