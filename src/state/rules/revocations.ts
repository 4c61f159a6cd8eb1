import { displayText } from '../../foreign-text.js';
import type { ChangeSet, StateView } from '../schema.js';
import { type AboutClient, aboutClient } from './about-client.js';
import { hasLiveToken } from './prune.js';

/** A login that ended, for the operator's log. */
export type EndedLogin = AboutClient & { readonly grant: string };

/** Returns the logins of `known` that worked at `now` (seconds since the epoch) and that `changes` end. */
export function endedLogins(known: StateView, changes: ChangeSet, now: number): EndedLogin[] {
  const ended: EndedLogin[] = [];
  for (const [id, record] of changes.grants ?? []) {
    const grant = known.grants.get(id);
    if (record !== null || grant === undefined || !hasLiveToken(known, id, now)) continue;
    ended.push({ ...aboutClient(known, grant.client_id), grant: displayText(id, 200) });
  }
  return ended;
}
