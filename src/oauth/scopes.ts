import { OAuthError } from './errors.js';

/** What a client may ask of the vault. */
export const vaultScopes: readonly string[] = ['vault:read', 'vault:write'];
/** Every scope this server knows, in the order in which it answers them. */
export const supportedScopes: readonly string[] = [...vaultScopes, 'offline_access'];

/** Returns the scopes of an authorization request: unknown ones are dropped, none of the vault's means read and write. */
export function requestedScopes(scope: string | undefined): string[] {
  const known = knownScopes(scope);
  return known.some(isOfVault) ? known : supportedScopes.filter((name) => isOfVault(name) || known.includes(name));
}

/**
 * Returns the scopes that a refresh asks for, all of `granted` when it names none of the vault's. Throws `invalid_scope`
 * for one that was not granted (RFC 6749, section 6).
 */
export function narrowedScopes(scope: string | undefined, granted: readonly string[]): string[] {
  const asked = knownScopes(scope);
  if (!asked.some(isOfVault)) return [...granted];
  if (asked.some((name) => isOfVault(name) && !granted.includes(name))) {
    throw new OAuthError('invalid_scope', 'The scope asks for more than was granted');
  }
  return asked.filter((name) => granted.includes(name));
}

/** Returns what is left of the requested scopes when the person allows reading only. */
export function readOnlyScopes(scopes: readonly string[]): string[] {
  return supportedScopes.filter((name) => name === 'vault:read' || (!isOfVault(name) && scopes.includes(name)));
}

function knownScopes(scope: string | undefined): string[] {
  const asked = new Set(scope?.split(' '));
  return supportedScopes.filter((name) => asked.has(name));
}

function isOfVault(scope: string): boolean {
  return vaultScopes.includes(scope);
}
