import type { IncomingMessage } from 'node:http';
import { isLoopbackUrl } from '../addresses.js';
import { isLoopbackHost } from './hosts.js';
import { type IssuerOf, isForwarded } from './peer.js';

export interface RequestTargets {
  /** Brings a request's target and Host into the form that guards and routes know; call it before anything else. */
  normalise(request: IncomingMessage): void;
  readonly issuerOf: IssuerOf;
}

interface KnownIssuer {
  readonly url: string;
  readonly origin: URL;
  readonly path: string;
  readonly isLoopback: boolean;
}

/**
 * Knows the server's URLs, the present one first. Their paths are taken off the target, whether a proxy did so already or
 * not; the absolute form of a target counts as its Host (RFC 9112, section 3.2.2).
 */
export function createRequestTargets(issuers: readonly string[]): RequestTargets {
  const known = issuers.map((url): KnownIssuer => {
    const origin = new URL(url);
    return { url, origin, path: origin.pathname.replace(/\/$/, ''), isLoopback: isLoopbackUrl(url) };
  });
  const main = issuers[0] ?? '';
  const paths = [...new Set(known.map(({ path }) => path))].filter((path) => path !== '');
  paths.sort((a, b) => b.length - a.length);
  const isConstant = known.length === 1 && known[0]?.isLoopback === false;
  const askedPaths = new WeakMap<IncomingMessage, string>();

  function normalise(request: IncomingMessage): void {
    const target = request.url ?? '/';
    if (!target.startsWith('/')) readAbsoluteForm(request, target);
    for (const path of paths) {
      const inner = withoutPath(request.url ?? '/', path);
      if (inner === undefined) continue;
      request.url = inner;
      askedPaths.set(request, path);
      return;
    }
  }

  function issuerOf(request: IncomingMessage): string {
    if (isConstant) return main;
    const { host = '' } = request.headers;
    const askedPath = askedPaths.get(request);
    for (const issuer of known) {
      if (askedPath !== undefined && askedPath !== issuer.path) continue;
      const asked = `${issuer.origin.protocol}//${host}`;
      if (!URL.canParse(asked)) return main;
      if (!issuer.isLoopback) {
        if (new URL(asked).host === issuer.origin.host) return issuer.url;
      } else if (isLoopbackHost(host) && !isForwarded(request)) {
        // A proxy that does not hand the Host on is no program on this machine.
        return `${new URL(asked).origin}${issuer.path}`;
      }
    }
    return main;
  }

  return { normalise, issuerOf };
}

function readAbsoluteForm(request: IncomingMessage, target: string): void {
  const [, authority, rest = ''] = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)(.*)$/is.exec(target) ?? [];
  if (authority === undefined) return;
  request.headers.host = authority;
  request.url = rest.startsWith('/') ? rest : `/${rest}`;
}

/** Returns the target below an issuer's path, or undefined; metadata has the path at its end (RFC 8414, section 3.1). */
function withoutPath(target: string, path: string): string | undefined {
  if (target.startsWith(path)) {
    const rest = target.slice(path.length);
    if (rest === '' || rest.startsWith('?')) return `/${rest}`;
    if (rest.startsWith('/')) return rest;
  }
  const [, name = '', rest = ''] = /^(\/\.well-known\/[\w-]+)(\/.*)$/s.exec(target) ?? [];
  if (!rest.startsWith(path)) return undefined;
  const after = rest.slice(path.length);
  return after === '' || /^[/?]/.test(after) ? name + after : undefined;
}
