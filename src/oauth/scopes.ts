/** The scopes of a server, and what requests get of them. */
export interface ScopeRules {
  /** What a client may ask of the resource, in the order in which it is answered. */
  readonly ofResource: readonly string[];
  /** The same, and `offline_access`. */
  readonly supported: readonly string[];
  /** Returns the scopes of an authorization request: unknown ones are dropped, none of the resource's means all of them. */
  requested(scope: string | undefined): string[];
  /**
   * Returns what a refresh gets: of the scopes that it asks for those that were granted, and all of them when none of the
   * resource's is left. Clients repeat the scopes of their registration for ever, so more than was granted is no error.
   */
  narrowed(scope: string | undefined, granted: readonly string[]): string[];
  /** Returns what is left of the requested scopes when the person allows reading only; all where there is no such choice. */
  readOnly(scopes: readonly string[]): string[];
}

/** Returns the rules of a server with these scopes; `reading` is the one that a person may cut a request down to. */
export function createScopeRules(ofResource: readonly string[], reading?: string): ScopeRules {
  const supported = [...ofResource, 'offline_access'];
  const isOfResource = (scope: string) => ofResource.includes(scope);
  function known(scope: string | undefined): string[] {
    const asked = new Set(scope?.split(' '));
    return supported.filter((name) => asked.has(name));
  }
  return {
    ofResource,
    supported,
    requested: (scope) => {
      const asked = known(scope);
      return asked.some(isOfResource) ? asked : supported.filter((name) => isOfResource(name) || asked.includes(name));
    },
    narrowed: (scope, granted) => {
      const narrowed = known(scope).filter((name) => granted.includes(name));
      return narrowed.some(isOfResource) ? narrowed : [...granted];
    },
    readOnly: (scopes) => {
      if (reading === undefined) return [...scopes];
      return supported.filter((name) => name === reading || (!isOfResource(name) && scopes.includes(name)));
    },
  };
}

/** What a client may ask of a vault. */
export const vaultScopeRules: ScopeRules = createScopeRules(['vault:read', 'vault:write'], 'vault:read');
