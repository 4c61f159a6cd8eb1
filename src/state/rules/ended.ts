import { dropOldest } from '../../drop-oldest.js';
import type { ChangeSet, StateView } from '../schema.js';
import type { Draft } from './draft.js';

const most = 20_000;
const tables = ['clients', 'grants', 'access_tokens', 'refresh_tokens'] as const;
const tokenTables = ['grants', 'access_tokens', 'refresh_tokens'] as const;

/**
 * What this process saw end, by key: a file that was copied back from a backup must not bring it back. Grant ids and
 * token hashes are random, so one that ended never comes back by itself.
 */
export class Ended {
  readonly #keys = {
    clients: new Set<string>(),
    grants: new Set<string>(),
    access_tokens: new Set<string>(),
    refresh_tokens: new Set<string>(),
  };

  /** Notes what `changes` delete. */
  note(changes: ChangeSet): void {
    for (const name of tables) {
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
    if ((revokedBefore ?? 0) < (known.revokedBefore ?? 0)) return true;
    for (const name of tokenTables) {
      for (const [key, record] of changes[name] ?? []) if (record !== null && this.#keys[name].has(key)) return true;
    }
    for (const [id, client] of changes.clients ?? []) {
      const before = known.clients.get(id);
      if (client === null || before === undefined) continue;
      if ((client.revoked_before ?? 0) < (before.revoked_before ?? 0)) return true;
      if ((client.last_used_at ?? 0) < (before.last_used_at ?? 0)) return true;
    }
    for (const [id, grant] of changes.grants ?? []) {
      const before = known.grants.get(id);
      if (grant !== null && before !== undefined && grant.last_used_at < before.last_used_at) return true;
    }
    return false;
  }

  /** Ends on `draft`, which shows an older file, what ended since, and moves its revocations on to those of `known`. */
  endAgain(draft: Draft, known: Revocations): void {
    for (const id of this.#keys.clients) {
      if (!draft.clients.has(id)) continue;
      for (const grantId of [...draft.grantIdsOf(id)]) draft.endGrant(grantId);
      draft.clients.delete(id);
    }
    for (const id of this.#keys.grants) if (draft.grants.has(id)) draft.endGrant(id);
    for (const name of ['access_tokens', 'refresh_tokens'] as const) {
      for (const hash of this.#keys[name]) draft[name].delete(hash);
    }
    if ((known.all ?? 0) > (draft.revokedBefore ?? 0)) draft.revokedBefore = known.all ?? 0;
    for (const [id, revokedBefore] of known.clients) {
      const client = draft.clients.get(id);
      if (client === undefined || (client.revoked_before ?? 0) >= revokedBefore) continue;
      draft.clients.put(id, { ...client, revoked_before: revokedBefore });
    }
  }
}

/** The `revoked_before` of everything and of each client. */
export interface Revocations {
  readonly all: number | undefined;
  readonly clients: ReadonlyMap<string, number>;
}

export function revocationsOf(view: StateView): Revocations {
  const clients = new Map<string, number>();
  for (const [id, { revoked_before: moment }] of view.clients.entries())
    if (moment !== undefined) clients.set(id, moment);
  return { all: view.revokedBefore, clients };
}
