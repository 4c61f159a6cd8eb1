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
 * Returns what a refresh gets: of the scopes that it asks for those that were granted, and all of them when none of the
 * vault's is left. Clients repeat the scopes of their registration for ever, so more than was granted is no error.
 */
export function narrowedScopes(scope: string | undefined, granted: readonly string[]): string[] {
  const narrowed = knownScopes(scope).filter((name) => granted.includes(name));
  return narrowed.some(isOfVault) ? narrowed : [...granted];
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
