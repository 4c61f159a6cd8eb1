import { defined } from '../../defined.js';
import { sha256Hex, toHex } from '../../hash.js';
import type { Draft } from '../../state/rules/draft.js';
import type { ClientRecord } from '../../state/schema.js';
import type { TransitionContext } from '../../state/store/store.js';
import type { ClientMetadata } from './client-metadata.js';

export interface ClientToAdd {
  readonly name: string;
  /** Each passes isRedirectUri. */
  readonly redirectUris: readonly string[];
  /** True for an app that authenticates with a secret, in a header or in the body. */
  readonly hasSecret: boolean;
}

export interface AddedClient {
  readonly client: ClientRecord;
  /** Plain, for the answer; the state has its hash alone. */
  readonly clientSecret: string | undefined;
}

/** Adds a client for the operator. Such a client is never evicted. */
export function addClient(
  draft: Draft,
  at: TransitionContext,
  { name, redirectUris, hasSecret }: ClientToAdd,
): AddedClient {
  const metadata: ClientMetadata = {
    client_name: name,
    redirect_uris: [...new Set(redirectUris)],
    token_endpoint_auth_method: hasSecret ? 'client_secret_basic' : 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
  return putClient(draft, at, metadata, { added_at: at.now });
}

/** Adds a client under a new id, with a secret unless it is a public one. */
export function putClient(
  draft: Draft,
  at: TransitionContext,
  metadata: ClientMetadata,
  bookkeeping: Partial<ClientRecord>,
): AddedClient {
  const client_id = toHex(at.random(16));
  const clientSecret = metadata.token_endpoint_auth_method === 'none' ? undefined : toHex(at.random(32));
  const client: ClientRecord = {
    client_id,
    client_id_issued_at: at.now,
    ...metadata,
    ...defined({ client_secret_hash: clientSecret && sha256Hex(clientSecret) }),
    ...bookkeeping,
  };
  draft.clients.put(client_id, client);
  return { client, clientSecret };
}
