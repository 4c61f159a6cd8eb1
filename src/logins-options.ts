import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from './log.js';

/** A server to which this one adds logins. Times are in seconds. */
export interface LoginsOptions {
  /** The public URL, such as `https://tasks.example.com`: the issuer of the tokens, and the URL that clients use. */
  readonly issuerUrl: string;
  /**
   * The file that keeps all logins across restarts. It has mode 0600, only hashes of tokens, and must be on a local disk. A
   * missing folder is created. Without a file the logins are in memory, and a restart logs everybody out.
   */
  readonly statePath?: string;
  /** The PIN that the person enters to approve an app: 12 characters or more. Below 8 characters a warning is logged. */
  readonly pin: string;
  /** The name of the server on the pages and in the metadata; the host of `issuerUrl` by default. */
  readonly name?: string;
  /** The scopes and their descriptions on the approval page: `{ 'tasks:read': 'See your tasks' }`; `mcp` by default. */
  readonly scopes?: Readonly<Record<string, string>>;
  /** The path of the protected server below `issuerUrl`; `/mcp` by default; empty for `issuerUrl` itself. */
  readonly resourcePath?: string;
  /** How long an access token is valid; 14 days by default. */
  readonly accessTokenTtlSeconds?: number;
  /** How long a refresh token is valid after its last use; 90 days by default. */
  readonly refreshTokenTtlSeconds?: number;
  /** How long a rotated refresh token still works after its successor was used; a day by default. */
  readonly refreshGraceSeconds?: number;
  /** Further values of the Host header, `name`, `name:*` or `name:port`, beside loopback and the issuer's. */
  readonly allowedHosts?: readonly string[];
  /** Addresses or ranges of proxies whose X-Forwarded-For counts; loopback by default. */
  readonly trustProxy?: readonly string[];
  /** False removes the limits on requests from an address, but not those on wrong PINs. True by default. */
  readonly rateLimit?: boolean;
  /** The log. It gets no secrets. Silent by default. */
  readonly log?: Log;
}

/** Middleware: for `app.use` of Express, or to call with a `next` function. */
export type LoginStep = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;
