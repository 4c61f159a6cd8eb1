import { isLoopbackName } from '../addresses.js';

/** Returns the URL of a server without a public one: the name by which this machine reaches the address it listens on. */
export function localUrl(host: string, port: number): string {
  const name = isLoopbackName(host) ? host : '127.0.0.1';
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
