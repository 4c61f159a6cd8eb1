import { type AboutClient, aboutClient } from '../state/rules/about-client.js';
import type { Peer } from './authorization-server.js';
import type { Core } from './core.js';

/** What log lines say of a request. */
export type AboutRequest = AboutClient & { readonly request: string; readonly address: string };

/** Returns what each log line about a request says of it; `request` is the id in that request's own line. */
export function aboutRequest({ store }: Pick<Core, 'store'>, clientId: string, peer: Peer): AboutRequest {
  return { request: peer.requestId, ...aboutClient(store.view(), clientId), address: peer.address };
}
