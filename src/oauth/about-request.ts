import { displayText } from '../state/rules/summary.js';
import type { Peer } from './authorization-server.js';

/** Returns what each log line about a request says of it; `request` is the id in that request's own line. */
export function aboutRequest(clientId: string, peer: Peer): { request: string; client: string; address: string } {
  return { request: peer.requestId, client: displayText(clientId, 200), address: peer.address };
}
