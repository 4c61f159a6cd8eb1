import { sha256Hex, toHex } from '../../hash.js';
import type { Draft } from '../../state/rules/draft.js';
import type { ClientRecord } from '../../state/schema.js';
import type { TransitionContext } from '../../state/store/store.js';

export interface ClientToAdd {
  readonly name: string;
  /** Each passes isRedirectUri. */
  readonly redirectUris: readonly string[];
  /** True for an app that authenticates with a secret, in a header or in the body. */
  readonly hasSecret: boolean;
}

/** Adds a client by the operator's hand, which is never evicted; the secret is returned in plain this once. */
export function addClient(
  draft: Draft,
  at: TransitionContext,
  { name, redirectUris, hasSecret }: ClientToAdd,
): { clientId: string; clientSecret: string | undefined } {
  const clientId = toHex(at.random(16));
  const clientSecret = hasSecret ? toHex(at.random(32)) : undefined;
  const client: ClientRecord = {
    client_id: clientId,
    client_id_issued_at: at.now,
    client_name: name,
    redirect_uris: [...new Set(redirectUris)],
    token_endpoint_auth_method: hasSecret ? 'client_secret_basic' : 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...(clientSecret === undefined ? {} : { client_secret_hash: sha256Hex(clientSecret) }),
    added_at: at.now,
  };
  draft.clients.put(clientId, client);
  return { clientId, clientSecret };
}
