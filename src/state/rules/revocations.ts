import type { ChangeSet, StateView } from '../schema.js';
import { hasLiveToken } from './prune.js';
import { displayName, displayText } from './summary.js';

/** A login that ended, for the operator's log. */
export interface EndedLogin {
  readonly client: string;
  readonly client_name?: string;
  readonly grant: string;
}

/** Returns the logins of `known` that worked at `now` (seconds since the epoch) and that `changes` end. */
export function endedLogins(known: StateView, changes: ChangeSet, now: number): EndedLogin[] {
  const ended: EndedLogin[] = [];
  for (const [id, record] of changes.grants ?? []) {
    const grant = known.grants.get(id);
    if (record !== null || grant === undefined || !hasLiveToken(known, id, now)) continue;
    const name = known.clients.get(grant.client_id)?.client_name;
    ended.push({
      client: displayText(grant.client_id, 200),
      ...(typeof name === 'string' ? { client_name: displayName(name) } : {}),
      grant: displayText(id, 200),
    });
  }
  return ended;
}
