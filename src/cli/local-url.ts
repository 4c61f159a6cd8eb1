import { networkInterfaces } from 'node:os';
import { isLoopbackName } from '../addresses.js';

/** Returns the URL of a server without a public one: the loopback name by which this machine reaches the address it listens on. */
export function localUrl(host: string, port: number): string {
  return urlOf(isLoopbackName(host) ? host : '127.0.0.1', port);
}

/** Returns the URL by which this machine reaches a server that listens on `host`, whatever address that is. */
export function ownUrl(host: string, port: number): string {
  return isReachedLocally(host) ? localUrl(host, port) : urlOf(host, port);
}

/** Returns whether a server that listens on `host` is reached by a loopback name. */
export function isReachedLocally(host: string): boolean {
  return isLoopbackName(host) || /^(?:0\.0\.0\.0|[0:]*::[0:]*|::ffff:0\.0\.0\.0)$/.test(host);
}

/** Returns whether a URL is of an address of this machine; no name but localhost is looked up. */
export function isOfThisMachine(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return isLoopbackName(hostname) || own.some(({ address }) => address === hostname.replace(/^\[(.*)\]$/, '$1'));
}

function urlOf(name: string, port: number): string {
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
