import type { Audit } from '../audit.js';
import type { Log } from '../log.js';
import type { GrantRecord } from '../state/schema.js';
import type { StateStore } from '../state/store/store.js';
import type { ClientDocuments } from './clients/client-documents.js';
import type { DocumentOffer } from './clients/document-offer.js';
import type { FetchJson } from './clients/guarded-fetch.js';
import type { Codes } from './memory/codes.js';
import type { PendingRequests } from './memory/pending-requests.js';
import type { IsOurResource } from './resource.js';
import type { ScopeRules } from './scopes.js';

export interface AuthorizationServerOptions {
  /** The public URL without a trailing slash. */
  readonly issuer: string;
  /** Former public URLs whose grants are still valid, without a trailing slash. */
  readonly formerIssuers?: readonly string[];
  /** Where the resource is, below the issuer: `/mcp` by default; empty for the issuer itself. */
  readonly resourcePath?: string;
  /** What people call the resource; `vault-mcp` by default. */
  readonly resourceName?: string;
  /** Those of a vault by default. */
  readonly scopeRules?: ScopeRules;
  readonly store: StateStore;
  readonly log: Log;
  /** Records refused credentials; by default as lines of the log. */
  readonly audit?: Audit;
  /** False keeps no addresses and user agents in the state; true by default. */
  readonly keepAddresses?: boolean;
  /** What the person types to approve a client; not empty. */
  readonly pin: string;
  /** True for a PIN from makePin. It may be typed in any case, with spaces and dashes, and is too long to guess. */
  readonly isMadePin?: boolean;
  readonly accessTokenTtlSeconds: number;
  readonly refreshTokenTtlSeconds: number;
  /** How long a rotated refresh token still works after its successor was used. */
  readonly refreshGraceSeconds: number;
  /** False removes the limit on failures at /token, but not the limits on wrong PINs. */
  readonly rateLimit: boolean;
  /** Fetches what strangers name; defaults to the guarded fetch. */
  readonly fetchJson?: FetchJson;
  /** Whether client ID metadata documents are offered; always by default. */
  readonly documentOffer?: DocumentOffer;
  /** Seconds since the epoch; defaults to the clock. */
  readonly now?: () => number;
  /** Seconds that only ever go forward, for lock-outs: a clock that is set back must not lengthen them. The process's by default. */
  readonly uptime?: () => number;
}

type Shared = Omit<
  AuthorizationServerOptions,
  'formerIssuers' | 'resourcePath' | 'resourceName' | 'pin' | 'isMadePin' | 'rateLimit' | 'fetchJson'
>;

/** What the endpoints share. Times are seconds since the epoch. */
export interface Core extends Required<Shared> {
  readonly resource: string;
  readonly isOurResource: IsOurResource;
  readonly isOurGrant: (grant: GrantRecord) => boolean;
  readonly documents: ClientDocuments;
  readonly pending: PendingRequests;
  readonly codes: Codes;
  /** By `uptime`. */
  readonly startedAt: number;
  readonly random: (bytes: number) => Uint8Array;
}
