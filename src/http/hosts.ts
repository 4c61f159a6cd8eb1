import { isLoopbackName, isLoopbackUrl } from '../addresses.js';
import type { Log } from '../log.js';
import { type Step, sendJson } from './exchange.js';

export type HostPredicate = (host: string | undefined) => boolean;

const hintedHostsMax = 20;

/** Returns a predicate over raw Host header values: loopback, the issuers' hosts, and `name`, `name:*` or `name:port` entries. */
export function createHostList(issuers: readonly string[], allowedHosts: readonly string[]): HostPredicate {
  const anyPort = new Set(issuers.map((issuer) => new URL(issuer).hostname));
  const exact = new Set<string>();
  for (const entry of allowedHosts) {
    const host = splitHost(entry);
    if (host === undefined) continue;
    if (host.port === undefined || host.port === '*') anyPort.add(host.name);
    else exact.add(`${host.name}:${host.port}`);
  }
  return (value) => {
    const host = value === undefined ? undefined : splitHost(value);
    if (host === undefined) return false;
    return isLoopbackName(host.name) || anyPort.has(host.name) || exact.has(`${host.name}:${host.port ?? ''}`);
  };
}

/** True for a Host header that names this machine itself. */
export function isLoopbackHost(value: string | undefined): boolean {
  const host = value === undefined ? undefined : splitHost(value);
  return host !== undefined && isLoopbackName(host.name);
}

/**
 * Refuses requests for foreign hosts (DNS rebinding) with 421, but for `openPath`, whose answer is for everybody; reads the
 * raw header, never X-Forwarded-Host.
 */
export function hostGuard(isAllowed: HostPredicate, openPath: RegExp, log: Log): Step {
  const hinted = new Set<string>();
  return (request, response, next) => {
    if (countHosts(request.rawHeaders) > 1) {
      // RFC 9112, section 3.2: Node keeps the first of several, a proxy may have looked at the last.
      sendJson(response, 400, describe('invalid_request', 'Send one Host header.'));
      return;
    }
    if (isAllowed(request.headers.host) || openPath.test(request.url ?? '')) {
      next();
      return;
    }
    const name = (request.headers.host ?? '').slice(0, 255);
    if (name !== '' && hinted.size < hintedHostsMax && !hinted.has(name)) {
      hinted.add(name);
      const host = JSON.stringify(name);
      log.warn(`requests arrive for host ${host}; if this host is yours, allow it with --allowed-hosts ${host}`);
    }
    sendJson(response, 421, describe('misdirected_request', 'This server does not serve that host.'));
  };
}

/** Refuses browsers' cross-site requests with 403: Origin must be absent or of an allowed host (MCP, transports, security). */
export function originGuard(isAllowed: HostPredicate): Step {
  return (request, response, next) => {
    const { origin } = request.headers;
    if (origin === undefined || (URL.canParse(origin) && isAllowed(new URL(origin).host))) next();
    else sendJson(response, 403, describe('forbidden_origin', 'This origin may not call this server.'));
  };
}

/** Logs once that a program on this machine uses a URL that its own OAuth checks will refuse. */
export function otherUrlHint(issuers: readonly string[], log: Log): Step {
  const [issuer = ''] = issuers;
  let told = issuers.some(isLoopbackUrl);
  return (request, _response, next) => {
    if (!told && isLoopbackHost(request.headers.host) && /^\/(?:mcp|\.well-known)\b/.test(request.url ?? '')) {
      told = true;
      const asked = `http://${request.headers.host}`;
      log.warn(
        `a program asks for ${asked}/mcp, but this server's URL is ${issuer}/mcp, and clients log in under that alone: ` +
          `give them that one, on this machine too, or start with --also-issuer ${asked}`,
      );
    }
    next();
  };
}

function describe(error: string, description: string): { error: string; error_description: string } {
  return { error, error_description: description };
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name !== undefined && name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

function splitHost(value: string): { name: string; port: string | undefined } | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::(\d{1,5}|\*))?$/i.exec(value);
  if (match?.[1] === undefined) return undefined;
  return { name: match[1].toLowerCase().replace(/\.$/, ''), port: match[2] };
}
