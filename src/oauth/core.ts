import type { Audit } from '../audit.js';
import type { Log } from '../log.js';
import type { GrantRecord } from '../state/schema.js';
import type { StateStore } from '../state/store/store.js';
import type { ClientDocuments } from './clients/client-documents.js';
import type { DocumentOffer } from './clients/document-offer.js';
import type { Codes } from './memory/codes.js';
import type { PendingRequests } from './memory/pending-requests.js';
import type { IsOurResource } from './resource.js';
import type { ScopeRules } from './scopes.js';

/** What the endpoints share. Times are seconds since the epoch. */
export interface Core {
  readonly issuer: string;
  readonly resource: string;
  readonly scopeRules: ScopeRules;
  readonly isOurResource: IsOurResource;
  readonly isOurGrant: (grant: GrantRecord) => boolean;
  readonly store: StateStore;
  readonly log: Log;
  readonly audit: Audit;
  /** False keeps no address and user agent of anybody. */
  readonly keepAddresses: boolean;
  readonly documents: ClientDocuments;
  readonly documentOffer: DocumentOffer;
  readonly pending: PendingRequests;
  readonly codes: Codes;
  readonly accessTokenTtlSeconds: number;
  readonly refreshTokenTtlSeconds: number;
  readonly refreshGraceSeconds: number;
  readonly startedAt: number;
  readonly now: () => number;
  /** Seconds that only ever go forward, for lock-outs: a clock that is set back must not lengthen them. */
  readonly uptime: () => number;
  readonly random: (bytes: number) => Uint8Array;
}
