import type { GrantRecord } from '../state/schema.js';
import type { FormFields } from './authorization-server.js';
import { OAuthError } from './errors.js';
import { all } from './form-fields.js';

/** Returns the resource that tokens of this server are for (RFC 8707): its `/mcp`. */
export function resourceOf(issuer: string): string {
  return `${issuer}/mcp`;
}

/** Returns a predicate over resource identifiers that mean this server: its `/mcp` or its root, with or without a trailing slash. */
export function createResourceCheck(issuer: string): (resource: string) => boolean {
  const accepted = new Set([issuer, `${issuer}/`, resourceOf(issuer), `${resourceOf(issuer)}/`].map(normalize));
  return (resource) => accepted.has(normalize(resource));
}

/**
 * Returns whether the tokens of a grant are for this server. Imported ones are: the Python server, whose state they
 * come from, kept whatever resource its clients named.
 */
export function createGrantCheck(isOurs: (resource: string) => boolean): (grant: GrantRecord) => boolean {
  return (grant) => grant.origin === 'import' || isOurs(grant.resource);
}

/** Throws `invalid_target` when a request names a resource that is not this server (RFC 8707, section 2). */
export function checkResource(form: FormFields, isOurs: (resource: string) => boolean): void {
  for (const resource of all(form, 'resource')) {
    if (!isOurs(resource)) throw new OAuthError('invalid_target', 'The resource is not one of this server');
  }
}

function normalize(resource: string): string {
  return URL.canParse(resource) ? new URL(resource).href : resource;
}
