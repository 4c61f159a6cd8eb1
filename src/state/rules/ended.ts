import { dropOldest } from '../../drop-oldest.js';
import { displayText } from '../../foreign-text.js';
import { type ChangeSet, perTable, type StateView, tableNames } from '../schema.js';
import { type AboutClient, aboutClient } from './about-client.js';
import type { Draft } from './draft.js';
import { hasLiveToken } from './prune.js';

const most = 20_000;

/**
 * What this process saw end, by key: a file that was copied back from a backup must not bring it back. Grant ids and
 * token hashes are random, so one that ended never comes back by itself.
 */
export class Ended {
  readonly #keys = perTable(() => new Set<string>());

  /** Notes what `changes` delete. */
  note(changes: ChangeSet): void {
    for (const name of tableNames) {
      const ended = this.#keys[name];
      for (const [key, record] of changes[name] ?? []) {
        if (record === null) ended.add(key);
        else if (name === 'clients') ended.delete(key);
      }
      dropOldest(ended, most);
    }
  }

  /** Returns whether a file that changes `known` by `changes` is an older one, put back. */
  isRestored(changes: ChangeSet, revokedBefore: number | undefined, known: StateView): boolean {
    if (isEarlier(revokedBefore, known.revokedBefore)) return true;
    for (const name of ['grants', 'access_tokens', 'refresh_tokens'] as const) {
      for (const [key, record] of changes[name] ?? []) if (record !== null && this.#keys[name].has(key)) return true;
    }
    for (const [id, client] of changes.clients ?? []) {
      const before = known.clients.get(id);
      if (client === null || before === undefined) continue;
      if (isEarlier(client.revoked_before, before.revoked_before)) return true;
      if (isEarlier(client.last_used_at, before.last_used_at)) return true;
    }
    for (const [id, grant] of changes.grants ?? []) {
      if (grant !== null && isEarlier(grant.last_used_at, known.grants.get(id)?.last_used_at)) return true;
    }
    return false;
  }

  /** Ends on `draft`, which shows an older file, what ended since, and moves its revocations on to those `known` before. */
  endAgain(draft: Draft, known: Pick<StateView, 'revokedBefore' | 'clients'>): void {
    for (const id of this.#keys.clients) {
      if (!draft.clients.has(id)) continue;
      for (const [grantId] of draft.grantsOf(id)) draft.endGrant(grantId);
      draft.clients.delete(id);
    }
    for (const id of this.#keys.grants) if (draft.grants.has(id)) draft.endGrant(id);
    for (const name of ['access_tokens', 'refresh_tokens'] as const) {
      for (const hash of this.#keys[name]) draft[name].delete(hash);
    }
    const { revokedBefore } = known;
    if (revokedBefore !== undefined && isEarlier(draft.revokedBefore, revokedBefore))
      draft.revokedBefore = revokedBefore;
    for (const [id, { revoked_before }] of known.clients.entries()) {
      const client = draft.clients.get(id);
      if (client === undefined || revoked_before === undefined) continue;
      if (isEarlier(client.revoked_before, revoked_before)) draft.clients.put(id, { ...client, revoked_before });
    }
  }
}

function isEarlier(moment = 0, than = 0): boolean {
  return moment < than;
}

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
