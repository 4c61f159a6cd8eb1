import { displayName, displayText } from '../state/rules/summary.js';
import type { Peer } from './authorization-server.js';
import type { Core } from './core.js';

/** What log lines say of a request. */
export type AboutRequest = {
  readonly request: string;
  readonly client: string;
  readonly client_name?: string;
  readonly address: string;
};

/** Returns what each log line about a request says of it; `request` is the id in that request's own line. */
export function aboutRequest({ store }: Pick<Core, 'store'>, clientId: string, peer: Peer): AboutRequest {
  const name = store.view().clients.get(clientId)?.client_name;
  return {
    request: peer.requestId,
    client: displayText(clientId, 200),
    ...(typeof name === 'string' ? { client_name: displayName(name) } : {}),
    address: peer.address,
  };
}
