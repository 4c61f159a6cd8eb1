import { isIP } from 'node:net';
import type { Request, RequestHandler } from 'express';
import type { Log } from '../log.js';
import type { Peer } from '../oauth/authorization-server.js';

/** Names the browser that approved before; it proves nothing, it only has its own count of wrong PINs. */
export const browserCookie = 'vault-mcp-browser';

/** Returns where a request comes from: the last address that no trusted proxy vouches for, and the browser's cookie. */
export function peerOf(request: Request): Peer {
  const browser = new RegExp(`(?:^|; )${browserCookie}=([\\w-]{1,200})(?:;|$)`).exec(request.headers.cookie ?? '')?.[1];
  const address = addressOf(request);
  return browser === undefined ? { address } : { address, browser };
}

/** A proxy may forward what is no address at all: then its own counts. */
function addressOf(request: Request): string {
  const behindProxies = plainAddress(request.ip);
  return isIP(behindProxies) === 0 ? plainAddress(request.socket.remoteAddress) : behindProxies;
}

function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/** True when the connection itself, whatever its headers say, comes from this machine. */
export function isLoopbackPeer(request: Request): boolean {
  const address = plainAddress(request.socket.remoteAddress);
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

/** True for a request that came over a proxy or a tunnel, as far as its headers tell. */
export function isForwarded(request: Request): boolean {
  for (const name in request.headers) {
    if (name === 'forwarded' || name === 'via' || name.startsWith('x-forwarded-') || name.startsWith('cf-'))
      return true;
  }
  return false;
}

/** Without authentication a tunnel would publish the vault, so whatever a proxy forwarded is refused with 403. */
export function forwardedGuard(log: Log): RequestHandler {
  let told = false;
  return (request, response, next) => {
    if (!isForwarded(request)) {
      next();
      return;
    }
    if (!told) log.error('a proxy forwards requests to this server, which runs with --no-auth: they are refused');
    told = true;
    response.status(403).json({
      error: 'forwarded_without_auth',
      error_description: 'Without authentication this server answers no forwarded requests.',
    });
  };
}

/** Tells once, in the log, that a proxy which is not trusted sends X-Forwarded-For: its clients would share one address. */
export function untrustedProxyHint(isTrusted: (address: string, hop: number) => boolean, log: Log): RequestHandler {
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
