import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopbackName } from '../addresses.js';
import type { Log } from '../log.js';
import type { Peer } from '../oauth/authorization-server.js';
import { type Step, sendJson } from './exchange.js';
import { isLoopbackHost } from './hosts.js';
import { requestIdOf } from './request-id.js';

/** Identifies a browser that approved before. It gives no access, only a separate count of wrong PINs. */
export const browserCookie = 'vault-mcp-browser';

const browserPattern = new RegExp(`(?:^|; )${browserCookie}=([\\w-]{1,200})(?:;|$)`);

/** Returns whether the X-Forwarded-For of a proxy is trusted; `hop` counts from the connection itself. */
export type TrustProxy = (address: string, hop: number) => boolean;

/** Returns the server's URL that the request used, without a trailing slash. All URLs in the answer begin with it. */
export type IssuerOf = (request: IncomingMessage) => string;

/** Returns the request's id and its origin: the address behind all trusted proxies, the user agent and the browser's cookie. */
export type PeerOf = (request: IncomingMessage) => Peer;

/** Returns the PeerOf of a server that accepts X-Forwarded-For from trusted proxies only. */
export function createPeerOf(isTrusted: TrustProxy, issuerOf: IssuerOf): PeerOf {
  return (request) => {
    const { cookie, 'user-agent': userAgent } = request.headers;
    const browser = cookie === undefined ? undefined : browserPattern.exec(cookie)?.[1];
    return {
      requestId: requestIdOf(request),
      address: addressOf(request, isTrusted),
      issuer: issuerOf(request),
      ...(userAgent === undefined ? {} : { userAgent }),
      ...(browser === undefined ? {} : { browser }),
      ...(isConsole(request) ? { isConsole: true } : {}),
    };
  };
}

/** True for a request from this machine itself. A tunnel connects from loopback too, but it forwards the Host and adds headers. */
export function isConsole(request: IncomingMessage): boolean {
  return isLoopbackPeer(request) && isLoopbackHost(request.headers.host) && !isForwarded(request);
}

function addressOf(request: IncomingMessage, isTrusted: TrustProxy): string {
  const own = request.socket.remoteAddress ?? '';
  const hops = [request.headers['x-forwarded-for'] ?? []].flat().join().split(',');
  let address = own;
  let hop = 0;
  for (const part of hops.reverse()) {
    const forwarded = withoutPort(part.trim());
    if (forwarded === '') continue;
    if (!isTrusted(address, hop)) break;
    address = forwarded;
    hop += 1;
  }
  // A proxy may forward what is no address at all: then its own counts.
  const plain = plainAddress(address);
  return isIP(plain) === 0 ? plainAddress(own) : plain;
}

/** Some load balancers forward the port with the address (RFC 7239, section 6, has it so, too). */
function withoutPort(forwarded: string): string {
  const text = forwarded.replace(/^"(.*)"$/, '$1');
  return /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+(?:\.\d+){3}):\d+$/.exec(text)?.[1] ?? text;
}

function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/** True when the connection itself, whatever its headers say, comes from this machine. */
function isLoopbackPeer(request: IncomingMessage): boolean {
  return isLoopbackName(plainAddress(request.socket.remoteAddress));
}

/** Headers that proxies, tunnels and load balancers add, but direct clients do not. */
const proxyHeaders = new Set([
  ...['forwarded', 'forwarded-for', 'via', 'max-forwards', 'proxy-connection', 'cdn-loop', 'front-end-https'],
  ...['client-ip', 'true-client-ip', 'proxy-client-ip', 'wl-proxy-client-ip', 'remote-addr', 'x-remote-addr'],
  ...[
    'x-real-ip',
    'x-real-port',
    'x-remote-ip',
    'x-client-ip',
    'x-cluster-client-ip',
    'x-proxyuser-ip',
    'x-arr-log-id',
  ],
  ...['x-forwarded', 'x-forwarder-for', 'x-nginx-proxy', 'x-host', 'x-scheme', 'x-url-scheme', 'x-http-host-override'],
]);
const proxyPrefixes = [
  ...['x-forwarded-', 'x-original-', 'x-rewrite-', 'x-envoy-', 'x-amzn-', 'x-azure-', 'x-appengine-', 'x-vercel-'],
  ...['cf-', 'fastly-', 'fly-', 'ngrok-', 'tailscale-'],
];

/** True for a request that came over a proxy or a tunnel, as far as it shows; nginx speaks HTTP/1.0 by default. */
export function isForwarded(request: IncomingMessage): boolean {
  if (request.httpVersion === '1.0') return true;
  for (const name in request.headers) {
    if (proxyHeaders.has(name) || proxyPrefixes.some((prefix) => name.startsWith(prefix))) return true;
  }
  return false;
}

/** Without authentication a tunnel would publish the vault, so whatever a proxy forwarded is refused with 403. */
export function forwardedGuard(openPath: RegExp, log: Log): Step {
  let told = false;
  return (request, response, next) => {
    if (!isForwarded(request) || openPath.test(request.url ?? '')) {
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

/** Logs once that an untrusted proxy sends X-Forwarded-For. Its clients all count as one address. */
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
