import { dropOldest } from '../../drop-oldest.js';
import { sha256Hex } from '../../hash.js';
import { isUnexpired } from '../../state/rules/prune.js';
import type { AuthorizationServer, Caller, Peer } from '../authorization-server.js';
import type { Core } from '../core.js';
import { originOf } from '../origin.js';
import { refuseWhileUnread } from '../unread.js';
import { noteUse } from './mint-tokens.js';

const noteEverySeconds = 3_600;
const notedMax = 10_000;

/** Returns the checks of access tokens: one in the store's view only, one after a check for changes by other processes. */
export function createAuthenticate(core: Core): Pick<AuthorizationServer, 'authenticate' | 'authenticateAfresh'> {
  /** When the last use of a grant was passed to the store. The store may not show it yet. */
  const noted = new Map<string, number>();

  function note(grantId: string, lastUsedAt: number, now: number, peer: (() => Peer) | undefined): void {
    if (Math.max(lastUsedAt, noted.get(grantId) ?? 0) + noteEverySeconds > now) return;
    noted.delete(grantId);
    noted.set(grantId, now);
    dropOldest(noted, notedMax);
    const origin = originOf(core, peer?.());
    core.store.defer((draft) => noteUse(draft, grantId, now, origin));
  }

  function authenticate(accessToken: string, peer?: () => Peer): Caller | undefined {
    refuseWhileUnread(core.store);
    const now = core.now();
    const view = core.store.view();
    const token = view.access_tokens.get(sha256Hex(accessToken));
    if (token === undefined || !isUnexpired(token, now)) return undefined;
    const grant = view.grants.get(token.grant_id);
    if (grant === undefined || !view.clients.has(grant.client_id) || !core.isOurGrant(grant)) {
      return undefined;
    }
    note(token.grant_id, grant.last_used_at, now, peer);
    return {
      clientId: grant.client_id,
      grantId: token.grant_id,
      scopes: token.scopes,
      canAskForMore: grant.narrowed !== true,
      ...(token.expires_at === null ? {} : { expiresAt: token.expires_at }),
    };
  }

  return {
    authenticate,
    async authenticateAfresh(accessToken, peer) {
      await core.store.recentView();
      const caller = authenticate(accessToken, peer);
      if (caller !== undefined) return caller;
      await core.store.freshView();
      return authenticate(accessToken, peer);
    },
  };
}
