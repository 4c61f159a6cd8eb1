import { redirectHosts } from '../../state/rules/summary.js';
import { aboutRequest } from '../about-request.js';
import { addressPrefix } from '../address-prefix.js';
import type { AuthorizationServer } from '../authorization-server.js';
import type { Core } from '../core.js';
import { refuseWhileUnread } from '../unread.js';
import { readClientMetadata } from './client-metadata.js';
import { clientInformation, registerClient } from './register-client.js';

/** Returns the client registration endpoint (RFC 7591). */
export function createRegister(core: Core): AuthorizationServer['register'] {
  return async (body, peer) => {
    refuseWhileUnread(core.store);
    const metadata = readClientMetadata(body);
    const pendingClientIds = core.pending.clientIds(core.now());
    const { value } = await core.store.update((draft, at) =>
      registerClient(draft, at, { metadata, addressPrefix: addressPrefix(peer.address), pendingClientIds }),
    );
    const { client, evicted } = value;
    core.log.info('registered a client', {
      ...aboutRequest(core, client.client_id, peer),
      redirects: redirectHosts(client).join(' '),
      ...(evicted.length === 0 ? {} : { evicted: evicted.length }),
    });
    return clientInformation(value);
  };
}
