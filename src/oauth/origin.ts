import { displayText } from '../foreign-text.js';
import type { Peer } from './authorization-server.js';
import type { Core } from './core.js';

/** Where a request came from, as the state file keeps it. */
export interface Origin {
  readonly address: string;
  readonly userAgent: string;
}

const longestAddress = 45;
const longestUserAgent = 200;

/** Returns where `peer` is, bounded and cleaned; undefined where the operator does not want it kept. */
export function originOf({ keepAddresses }: Pick<Core, 'keepAddresses'>, peer: Peer | undefined): Origin | undefined {
  if (!keepAddresses || peer === undefined) return undefined;
  return {
    address: displayText(peer.address, longestAddress),
    userAgent: displayText(peer.userAgent ?? '', longestUserAgent),
  };
}
