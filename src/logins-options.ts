import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from './log.js';

/** A server to which this one adds logins. Times are in seconds. */
export interface LoginsOptions {
  /** The public URL, such as `https://tasks.example.com`: the issuer of the tokens, and the URL that clients use. */
  readonly issuerUrl: string;
  /**
   * The file that keeps all logins over restarts (mode 0600; tokens as hashes alone; local disks only); its folder is made
   * when it is missing. Without one they live in memory, and a restart logs everybody out.
   */
  readonly statePath?: string;
  /** What the person types on the approval page to let an app in: 12 characters or more; under 8 a warning is logged. */
  readonly pin: string;
  /** What people call the server, on the pages and in the metadata; the host of `issuerUrl` by default. */
  readonly name?: string;
  /** What apps may ask for, and the words for it on the approval page: `{ 'tasks:read': 'See your tasks' }`; `mcp` by default. */
  readonly scopes?: Readonly<Record<string, string>>;
  /** Where the protected server is below `issuerUrl`, such as `/mcp` (the default); empty for `issuerUrl` itself. */
  readonly resourcePath?: string;
  /** How long an access token is good; 14 days by default. */
  readonly accessTokenTtlSeconds?: number;
  /** How long a refresh token is good after its last use; 90 days by default. */
  readonly refreshTokenTtlSeconds?: number;
  /** How long a rotated refresh token still works after its successor was used; a day by default. */
  readonly refreshGraceSeconds?: number;
  /** Further values of the Host header, `name`, `name:*` or `name:port`, beside loopback and the issuer's. */
  readonly allowedHosts?: readonly string[];
  /** Addresses or ranges of proxies whose X-Forwarded-For counts; loopback by default. */
  readonly trustProxy?: readonly string[];
  /** False lifts the limits on requests of an address; those on wrong PINs stay. True by default. */
  readonly rateLimit?: boolean;
  /** The log. It gets no secrets. Silent by default. */
  readonly log?: Log;
}

/** A step of answering a request: for `app.use` of Express, or called with a function to go on with. */
export type LoginStep = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;
