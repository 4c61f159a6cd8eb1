import { sha256Hex, toHex } from '../../hash.js';
import type { Draft } from '../../state/rules/draft.js';
import type { ClientRecord, StateView } from '../../state/schema.js';
import type { TransitionContext } from '../../state/store/store.js';
import { OAuthError } from '../errors.js';
import type { ClientMetadata } from './client-metadata.js';

const unapprovedMax = 1_000;
const youngSeconds = 3_600;

export interface RegistrationRequest {
  readonly metadata: ClientMetadata;
  readonly addressPrefix: string;
  /** Clients whose person may be looking at the approval page now. */
  readonly pendingClientIds: ReadonlySet<string>;
}

export interface Registered {
  readonly client: ClientRecord;
  /** Plain, for the answer; the state has its hash alone. */
  readonly clientSecret: string | undefined;
  readonly evicted: readonly string[];
}

/**
 * Adds a client, and evicts registrations that nobody approved when they are too many. Throws `too_many_requests` when
 * all of those are too young to go.
 */
export function registerClient(draft: Draft, at: TransitionContext, request: RegistrationRequest): Registered {
  const evicted = evictUnapproved(draft, at.now, request.pendingClientIds);
  for (const id of evicted) draft.clients.delete(id);
  const clientId = toHex(at.random(16));
  const clientSecret = request.metadata.token_endpoint_auth_method === 'none' ? undefined : toHex(at.random(32));
  const client: ClientRecord = {
    client_id: clientId,
    client_id_issued_at: at.now,
    ...request.metadata,
    ...(clientSecret === undefined ? {} : { client_secret_hash: sha256Hex(clientSecret) }),
    registered_from: request.addressPrefix,
  };
  draft.clients.put(clientId, client);
  return { client, clientSecret, evicted };
}

/** Returns the registrations that must go so that one more fits: the oldest ones of the prefix that holds most. */
function evictUnapproved(view: StateView, now: number, pendingClientIds: ReadonlySet<string>): string[] {
  if (view.clients.size < unapprovedMax) return [];
  const byPrefix = new Map<unknown, ClientRecord[]>();
  let count = 0;
  for (const [id, client] of view.clients.entries()) {
    if (wasApproved(view, id, client)) continue;
    count += 1;
    const siblings = byPrefix.get(client.registered_from);
    if (siblings === undefined) byPrefix.set(client.registered_from, [client]);
    else siblings.push(client);
  }
  const evicted: string[] = [];
  while (count - evicted.length >= unapprovedMax) {
    const [fullest] = [...byPrefix].sort(([, a], [, b]) => b.length - a.length);
    if (fullest === undefined) throw tooManyRegistrations();
    const [prefix, siblings] = fullest;
    const oldest = siblings
      .filter((client) => client.client_id_issued_at + youngSeconds <= now && !pendingClientIds.has(client.client_id))
      .reduce<ClientRecord | undefined>(older, undefined);
    if (oldest === undefined) {
      byPrefix.delete(prefix);
      continue;
    }
    siblings.splice(siblings.indexOf(oldest), 1);
    evicted.push(oldest.client_id);
  }
  return evicted;
}

function older(a: ClientRecord | undefined, b: ClientRecord): ClientRecord {
  return a === undefined || b.client_id_issued_at < a.client_id_issued_at ? b : a;
}

function wasApproved(view: StateView, id: string, client: ClientRecord): boolean {
  if (client.approved_at !== undefined || client.last_used_at !== undefined) return true;
  if (client.revoked_before !== undefined) return true;
  for (const _grant of view.grantIdsOf(id)) return true;
  return false;
}

function tooManyRegistrations(): OAuthError {
  return new OAuthError('too_many_requests', 'Too many clients registered within the last hour; try again later', {
    retryAfterSeconds: youngSeconds,
  });
}

/** Returns the RFC 7591 client information response. A secret never expires (section 3.2.1: 0). */
export function clientInformation({ client, clientSecret }: Registered): Readonly<Record<string, unknown>> {
  const { client_secret_hash: _hash, registered_from: _prefix, ...metadata } = client;
  return {
    ...metadata,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret, client_secret_expires_at: 0 }),
  };
}
