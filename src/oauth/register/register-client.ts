import type { Draft } from '../../state/rules/draft.js';
import { wasApproved } from '../../state/rules/prune.js';
import type { ClientRecord, StateView } from '../../state/schema.js';
import type { TransitionContext } from '../../state/store/store.js';
import { type AddedClient, putClient } from './add-client.js';
import type { ClientMetadata } from './client-metadata.js';

const unapprovedMax = 1_000;

export interface RegistrationRequest {
  readonly metadata: ClientMetadata;
  readonly addressPrefix: string;
  /** Clients whose person may be looking at the approval page now. */
  readonly pendingClientIds: ReadonlySet<string>;
}

export interface Registered extends AddedClient {
  readonly evicted: readonly string[];
}

/** Adds a client, and evicts registrations that nobody approved when they are too many. */
export function registerClient(draft: Draft, at: TransitionContext, request: RegistrationRequest): Registered {
  const evicted = evictUnapproved(draft, request.pendingClientIds);
  for (const id of evicted) draft.clients.delete(id);
  const added = putClient(draft, at, request.metadata, { registered_from: request.addressPrefix });
  return { ...added, evicted };
}

/**
 * Returns the registrations that must go so that one more fits: the oldest ones of the prefixes that hold most, whatever
 * their age, so that nobody can shut new apps out; those that wait at the approval page after their siblings.
 */
function evictUnapproved(view: StateView, pendingClientIds: ReadonlySet<string>): string[] {
  if (view.clients.size < unapprovedMax) return [];
  const byPrefix = new Map<string | undefined, ClientRecord[]>();
  let count = 0;
  for (const [id, client] of view.clients.entries()) {
    if (wasApproved(client) || hasGrant(view, id)) continue;
    count += 1;
    const siblings = byPrefix.get(client.registered_from);
    if (siblings === undefined) byPrefix.set(client.registered_from, [client]);
    else siblings.push(client);
  }
  const waits = ({ client_id: id }: ClientRecord) => Number(pendingClientIds.has(id));
  const compare = (a: ClientRecord, b: ClientRecord) =>
    waits(a) - waits(b) || a.client_id_issued_at - b.client_id_issued_at;
  // An import may bring thousands of them: each is the last of its siblings when its turn comes.
  const prefixes = [...byPrefix.values()].map((siblings) => siblings.reverse().sort((a, b) => compare(b, a)));
  const evicted: string[] = [];
  for (; count >= unapprovedMax; count -= 1) {
    const fullest = prefixes.reduce((most, siblings) => (isBefore(siblings, most, compare) ? siblings : most));
    evicted.push((fullest.pop() as ClientRecord).client_id);
  }
  return evicted;
}

/** True when the next one to go is among `a`: there are more of them, or as many and the last of them comes first. */
function isBefore<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): boolean {
  if (a.length !== b.length) return a.length > b.length;
  const [lastOfA, lastOfB] = [a.at(-1), b.at(-1)];
  return lastOfA !== undefined && lastOfB !== undefined && compare(lastOfA, lastOfB) < 0;
}

function hasGrant(view: StateView, clientId: string): boolean {
  for (const _grant of view.grantsOf(clientId)) return true;
  return false;
}

/** Returns the RFC 7591 client information response. A secret never expires (section 3.2.1: 0). */
export function clientInformation({ client, clientSecret }: Registered): Readonly<Record<string, unknown>> {
  const { client_secret_hash: _hash, registered_from: _prefix, ...metadata } = client;
  return {
    ...metadata,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret, client_secret_expires_at: 0 }),
  };
}
