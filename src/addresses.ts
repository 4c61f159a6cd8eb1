import { isIP } from 'node:net';
import { displayText } from './foreign-text.js';

/** Returns whether a host name or address, with or without brackets, means this machine: localhost, 127.0.0.0/8 or ::1. */
export function isLoopbackName(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return name === 'localhost' || name === '::1' || (name.startsWith('127.') && isIP(name) === 4);
}

/** Returns whether a URL leads to this machine itself. */
export function isLoopbackUrl(url: string): boolean {
  return isLoopbackName(new URL(url).hostname);
}

/** Returns the ASCII host that a redirect leads to; for a private-use scheme, which says what app it opens, that with its colon. */
export function redirectHost(uri: string): string {
  if (!URL.canParse(uri)) return displayText(uri);
  const { protocol, host } = new URL(uri);
  return /^https?:$/.test(protocol) ? host : protocol;
}
