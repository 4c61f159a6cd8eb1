import type { StateView } from '../schema.js';
import type { Draft } from './draft.js';
import type { Totals } from './summary.js';

/** How much a merge took over, and which grants it left out because they ended here. */
export type Merged = Totals & { readonly ended: readonly string[] };

/**
 * Adds what `source` has and the draft does not: registrations, and grants with all their tokens. What is here wins, and
 * what was revoked here stays revoked: of a client that is known here, a grant from before its latest approval,
 * revocation or use here has ended, or it would still be here.
 */
export function merge(draft: Draft, source: StateView, isWanted: (clientId: string) => boolean): Merged {
  const ended: string[] = [];
  const added = { clients: 0, grants: 0, access_tokens: 0, refresh_tokens: 0 };
  const known = new Map(draft.clients.entries());
  for (const [id, client] of source.clients.entries()) {
    if (!isWanted(id) || draft.clients.has(id)) continue;
    draft.clients.put(id, client);
    added.clients += 1;
  }
  for (const [id, grant] of source.grants.entries()) {
    if (!isWanted(grant.client_id) || draft.grants.has(id) || !draft.clients.has(grant.client_id)) continue;
    const { approved_at = -1, last_used_at = -1, revoked_before = -1 } = known.get(grant.client_id) ?? {};
    if (grant.created_at <= Math.max(approved_at, last_used_at, revoked_before, draft.revokedBefore ?? -1)) {
      ended.push(id);
      continue;
    }
    draft.grants.put(id, grant);
    added.grants += 1;
    for (const [hash, token] of source.accessTokensOf(id)) {
      draft.access_tokens.put(hash, token);
      added.access_tokens += 1;
    }
    for (const [hash, token] of source.refreshTokensOf(id)) {
      draft.refresh_tokens.put(hash, token);
      added.refresh_tokens += 1;
    }
  }
  return { ...added, ended };
}
