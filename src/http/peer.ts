import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Log } from '../log.js';
import type { Peer } from '../oauth/authorization-server.js';
import { type Step, sendJson } from './exchange.js';
import { requestIdOf } from './request-id.js';

/** Names the browser that approved before; it proves nothing, it only has its own count of wrong PINs. */
export const browserCookie = 'vault-mcp-browser';

const browserPattern = new RegExp(`(?:^|; )${browserCookie}=([\\w-]{1,200})(?:;|$)`);

/** Tells whether a proxy may vouch for who is behind it; `hop` counts from the connection itself. */
export type TrustProxy = (address: string, hop: number) => boolean;

/** Returns which request this is and where it comes from: the last address that no trusted proxy vouches for, and the browser's cookie. */
export type PeerOf = (request: IncomingMessage) => Peer;

/** Returns the PeerOf of a server that believes the X-Forwarded-For of trusted proxies. */
export function createPeerOf(isTrusted: TrustProxy): PeerOf {
  return (request) => {
    const { cookie } = request.headers;
    const browser = cookie === undefined ? undefined : browserPattern.exec(cookie)?.[1];
    const address = addressOf(request, isTrusted);
    const requestId = requestIdOf(request);
    return browser === undefined ? { requestId, address } : { requestId, address, browser };
  };
}

function addressOf(request: IncomingMessage, isTrusted: TrustProxy): string {
  const own = request.socket.remoteAddress ?? '';
  const hops = [request.headers['x-forwarded-for'] ?? []].flat().join().split(',');
  let address = own;
  let hop = 0;
  for (const part of hops.reverse()) {
    const forwarded = part.trim();
    if (forwarded === '') continue;
    if (!isTrusted(address, hop)) break;
    address = forwarded;
    hop += 1;
  }
  // A proxy may forward what is no address at all: then its own counts.
  const plain = plainAddress(address);
  return isIP(plain) === 0 ? plainAddress(own) : plain;
}

function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/** True when the connection itself, whatever its headers say, comes from this machine. */
export function isLoopbackPeer(request: IncomingMessage): boolean {
  const address = plainAddress(request.socket.remoteAddress);
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

/** True for a request that came over a proxy or a tunnel, as far as its headers tell. */
export function isForwarded(request: IncomingMessage): boolean {
  for (const name in request.headers) {
    if (name === 'forwarded' || name === 'via' || name.startsWith('x-forwarded-') || name.startsWith('cf-'))
      return true;
  }
  return false;
}

/** Without authentication a tunnel would publish the vault, so whatever a proxy forwarded is refused with 403. */
export function forwardedGuard(log: Log): Step {
  let told = false;
  return (request, response, next) => {
    if (!isForwarded(request)) {
      next();
      return;
    }
    if (!told) log.error('a proxy forwards requests to this server, which runs with --no-auth: they are refused');
    told = true;
    sendJson(response, 403, {
      error: 'forwarded_without_auth',
      error_description: 'Without authentication this server answers no forwarded requests.',
    });
  };
}

/** Tells once, in the log, that a proxy which is not trusted sends X-Forwarded-For: its clients would share one address. */
export function untrustedProxyHint(isTrusted: TrustProxy, log: Log): Step {
  let told = false;
  return (request, _response, next) => {
    if (!told && request.headers['x-forwarded-for'] !== undefined) {
      const address = plainAddress(request.socket.remoteAddress);
      if (!isTrusted(address, 0)) {
        told = true;
        log.warn(
          `X-Forwarded-For from ${address} is ignored; if that is your proxy, trust it with --trust-proxy ${address}`,
        );
      }
    }
    next();
  };
}
