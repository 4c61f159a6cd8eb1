import { randomBytes } from 'node:crypto';
import { type Audit, createAudit } from '../audit.js';
import type { Log } from '../log.js';
import { pinStrength, weakPinLength } from '../pin-strength.js';
import type { ClientRecord } from '../state/schema.js';
import type { StateStore } from '../state/store/store.js';
import { createApproval } from './approve/approval.js';
import { createAuthorize } from './approve/authorize.js';
import type { AuthorizationServer } from './authorization-server.js';
import { createClientAssertionVerifier } from './clients/client-assertion.js';
import { createClientAuthentication } from './clients/client-authentication.js';
import { createClientDocuments } from './clients/client-documents.js';
import { ClientDocumentError } from './clients/client-metadata-document.js';
import { alwaysOffered, type DocumentOffer } from './clients/document-offer.js';
import { findStoredClient } from './clients/find-client.js';
import { createGuardedFetch, type FetchJson } from './clients/guarded-fetch.js';
import type { Core } from './core.js';
import { warnOfForeignGrants } from './foreign-grants.js';
import { Codes } from './memory/codes.js';
import { PendingRequests } from './memory/pending-requests.js';
import { createPinGuard } from './memory/pin-guard.js';
import { authorizationServerMetadata, protectedResourceMetadata, protectedResourceMetadataUrl } from './metadata.js';
import { isRedirectUri } from './register/redirect-uris.js';
import { createRegister } from './register/register.js';
import { createGrantCheck, createResourceCheck, resourceOf } from './resource.js';
import { type ScopeRules, vaultScopeRules } from './scopes.js';
import { createAuthenticate } from './tokens/authenticate.js';
import { createRevoke } from './tokens/revoke-token.js';
import { createToken } from './tokens/token.js';

export interface AuthorizationServerOptions {
  /** The public URL without a trailing slash. */
  readonly issuer: string;
  /** Former public URLs whose grants count still, without a trailing slash. */
  readonly formerIssuers?: readonly string[];
  /** Where the resource is, below the issuer: `/mcp` unless told; empty for the issuer itself. */
  readonly resourcePath?: string;
  /** What people call the resource; `vault-mcp` unless told. */
  readonly resourceName?: string;
  /** Those of a vault unless told. */
  readonly scopeRules?: ScopeRules;
  readonly store: StateStore;
  readonly log: Log;
  /** Where refused credentials are taken down; by default as lines of the log. */
  readonly audit?: Audit;
  /** False keeps no addresses and user agents in the state; true unless told. */
  readonly keepAddresses?: boolean;
  /** What the person types to approve a client; not empty. */
  readonly pin: string;
  /** True for a PIN that makePin made: it is typed with any case, spaces and dashes, and too long to be guessed. */
  readonly isMadePin?: boolean;
  readonly accessTokenTtlSeconds: number;
  readonly refreshTokenTtlSeconds: number;
  /** How long a rotated refresh token is honoured after its successor was used. */
  readonly refreshGraceSeconds: number;
  /** False lifts the limit on failures at /token; the limits on wrong PINs stay. */
  readonly rateLimit: boolean;
  /** Fetches what strangers name; defaults to the guarded fetch. */
  readonly fetchJson?: FetchJson;
  /** Whether client ID metadata documents are offered; always, unless told. */
  readonly documentOffer?: DocumentOffer;
  /** Seconds since the epoch; defaults to the clock. */
  readonly now?: () => number;
  /** Seconds that only ever go forward; defaults to the process's. */
  readonly uptime?: () => number;
  readonly random?: (bytes: number) => Uint8Array;
}

/** Returns the OAuth 2.1 authorization server of one resource; it keeps all that must last in `store`. */
export function createAuthorizationServer(options: AuthorizationServerOptions): AuthorizationServer {
  const { issuer, store, log, pin } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1_000));
  const fetchJson = options.fetchJson ?? createGuardedFetch();
  const formerIssuers = options.formerIssuers ?? [];
  const { resourcePath: path = '/mcp', resourceName: name = 'vault-mcp', scopeRules = vaultScopeRules } = options;
  const protectedResource = { name, path, scopes: scopeRules.ofResource };
  const isOurResource = createResourceCheck([issuer, ...formerIssuers], path);
  const documentOffer = options.documentOffer ?? alwaysOffered;
  const documents = createClientDocuments({
    issuer,
    fetchJson,
    isOff: () => documentOffer.state() === 'off',
    checkRedirectUris,
    now,
  });
  const core: Core = {
    issuer,
    resource: resourceOf(issuer, path),
    scopeRules,
    isOurResource,
    isOurGrant: createGrantCheck(isOurResource),
    store,
    log,
    audit: options.audit ?? createAudit({ log }),
    keepAddresses: options.keepAddresses ?? true,
    documents,
    documentOffer,
    pending: new PendingRequests(),
    codes: new Codes(),
    accessTokenTtlSeconds: options.accessTokenTtlSeconds,
    refreshTokenTtlSeconds: options.refreshTokenTtlSeconds,
    refreshGraceSeconds: options.refreshGraceSeconds,
    startedAt: now(),
    now,
    uptime: options.uptime ?? (() => performance.now() / 1_000),
    random: options.random ?? randomBytes,
  };
  if (pinStrength(pin) === 'weak') {
    log.warn(`the PIN has fewer than ${weakPinLength} characters; a longer one is harder to guess`);
  }
  /** Another server may have registered it a moment ago: the file is looked at before a client is refused. */
  async function findClientAfresh(clientId: string): Promise<ClientRecord | undefined> {
    const known = await findStoredClient(store.view(), clientId, documents);
    return known ?? findStoredClient(await store.freshView(), clientId, documents);
  }
  warnOfForeignGrants(core);
  const authenticateClient = createClientAuthentication(
    findClientAfresh,
    createClientAssertionVerifier({ fetchJson, now }),
  );
  return {
    issuer,
    resource: core.resource,
    formerIssuers,
    resourceMetadataUrl: (asked) => protectedResourceMetadataUrl(asked, path),
    metadata: (asked) => authorizationServerMetadata(asked, scopeRules.supported, documentOffer.isOffered()),
    resourceMetadata: (asked) => protectedResourceMetadata(asked, protectedResource),
    ...createAuthenticate(core),
    register: createRegister(core),
    authorize: createAuthorize(core),
    ...createApproval(core, createPinGuard(pin, options.isMadePin ?? false)),
    token: createToken(core, authenticateClient, options.rateLimit),
    revoke: createRevoke(core, authenticateClient),
  };
}

function checkRedirectUris(uris: readonly string[]): readonly string[] {
  const usable = uris.filter(isRedirectUri);
  if (usable.length > 0) return usable;
  throw new ClientDocumentError(
    "the client's metadata document has no redirect URI that is https, http to the own machine, or an app's link",
  );
}
