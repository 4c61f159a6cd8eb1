import type { RequestHandler } from 'express';
import type { Log } from '../log.js';

export type HostPredicate = (host: string | undefined) => boolean;

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];
const hintedHostsMax = 20;

/** Returns a predicate over raw Host header values: loopback, the issuer's host, and `name`, `name:*` or `name:port` entries. */
export function createHostList(issuer: string, allowedHosts: readonly string[]): HostPredicate {
  const anyPort = new Set([...loopbackNames, new URL(issuer).hostname]);
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
    return anyPort.has(host.name) || exact.has(`${host.name}:${host.port ?? ''}`);
  };
}

/** Refuses requests for foreign hosts (DNS rebinding) with 421; reads the raw header, never X-Forwarded-Host. */
export function hostGuard(isAllowed: HostPredicate, log: Log): RequestHandler {
  const hinted = new Set<string>();
  return (request, response, next) => {
    if (isAllowed(request.headers.host)) {
      next();
      return;
    }
    const name = (request.headers.host ?? '').slice(0, 255);
    if (hinted.size < hintedHostsMax && !hinted.has(name)) {
      hinted.add(name);
      log.warn(`requests arrive for host ${JSON.stringify(name)}; if that is yours, allow it with --allowed-hosts`);
    }
    response.status(421).json(describe('misdirected_request', 'This server does not serve that host.'));
  };
}

/** Refuses browsers' cross-site requests with 403: Origin must be absent or of an allowed host (MCP, transports, security). */
export function originGuard(isAllowed: HostPredicate): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers;
    if (origin === undefined || (URL.canParse(origin) && isAllowed(new URL(origin).host))) next();
    else response.status(403).json(describe('forbidden_origin', 'This origin may not call this server.'));
  };
}

/** Without authentication a tunnel would publish the vault, so whatever a proxy forwarded is refused with 403. */
export function forwardedGuard(log: Log): RequestHandler {
  let told = false;
  return (request, response, next) => {
    const isForwarded = Object.keys(request.headers).some(
      (name) => name === 'forwarded' || name === 'via' || name.startsWith('x-forwarded-') || name.startsWith('cf-'),
    );
    if (!isForwarded) {
      next();
      return;
    }
    if (!told) log.error('a proxy forwards requests to this server, which runs with --no-auth: they are refused');
    told = true;
    response
      .status(403)
      .json(describe('forwarded_without_auth', 'Without authentication this server answers no forwarded requests.'));
  };
}

function describe(error: string, description: string): { error: string; error_description: string } {
  return { error, error_description: description };
}

function splitHost(value: string): { name: string; port: string | undefined } | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]/@\s]+)(?::(\d{1,5}|\*))?$/i.exec(value);
  if (match?.[1] === undefined) return undefined;
  return { name: match[1].toLowerCase().replace(/\.$/, ''), port: match[2] };
}
