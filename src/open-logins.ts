import { type Audit, createAudit } from './audit.js';
import { defined } from './defined.js';
import type { Log } from './log.js';
import type { AuthorizationServer } from './oauth/authorization-server.js';
import { type DocumentOffer, neverOffered, startOfferProbe } from './oauth/clients/document-offer.js';
import { createGuardedFetch, type FetchJson } from './oauth/clients/guarded-fetch.js';
import { createAuthorizationServer } from './oauth/create-authorization-server.js';
import { resourceOf } from './oauth/resource.js';
import type { ScopeRules } from './oauth/scopes.js';
import { startHousekeeping } from './state/store/housekeeping.js';
import { createMemoryStore } from './state/store/memory-store.js';
import { openServerStore } from './state/store/open-server-store.js';
import type { StateStore } from './state/store/store.js';

const daySeconds = 24 * 3600;

export interface OpenLoginsOptions {
  readonly issuerUrl: string;
  /** Former public URLs whose logins stay valid, without a trailing slash. */
  readonly formerIssuerUrls?: readonly string[] | undefined;
  readonly statePath?: string | undefined;
  /** The local URL of the server. It is kept in the state file, so that commands can reach the server. */
  readonly ownUrl?: string | undefined;
  /** A folder that must not hold the state file. */
  readonly outside?: string;
  readonly pin: string;
  /** Those of a vault by default. */
  readonly scopeRules?: ScopeRules;
  /** Below the issuer; `/mcp` by default. */
  readonly resourcePath?: string;
  readonly resourceName?: string;
  /** True for a generated PIN: it may be typed with any case, spaces and dashes, and is not limited over all addresses. */
  readonly isMadePin?: boolean | undefined;
  /** Whether client ID metadata documents are offered: `auto`, the default, offers them while outbound https works. */
  readonly clientDocuments?: 'auto' | 'on' | 'off' | undefined;
  /** The proxy for an outbound https URL; none by default. */
  readonly proxyFor?: ((url: URL) => URL | undefined) | undefined;
  readonly accessTokenTtlSeconds?: number | undefined;
  readonly refreshTokenTtlSeconds?: number | undefined;
  readonly refreshGraceSeconds?: number | undefined;
  readonly rateLimit?: boolean | undefined;
  readonly log: Log;
  /** Records refused credentials, and logins that another process ended; by default as lines of the log. */
  readonly audit?: Audit;
  /** False keeps no addresses and user agents in the state; true by default. */
  readonly clientAddresses?: boolean | undefined;
}

/** An authorization server with its state. `close` saves; if that fails, it rejects with an error that says what is lost. */
export interface OpenLogins {
  readonly store: StateStore;
  readonly oauth: AuthorizationServer;
  close(): Promise<void>;
}

/** Opens the state file, or a state in memory without one, and starts the authorization server with it. */
export async function openLogins(options: OpenLoginsOptions): Promise<OpenLogins> {
  const { issuerUrl, statePath, log, audit = createAudit({ log }) } = options;
  const refreshTokenTtlSeconds = options.refreshTokenTtlSeconds ?? 90 * daySeconds;
  if (statePath === undefined) {
    log.warn('no state path: a restart logs everybody out; set --state-path to keep logins');
  }
  const store =
    statePath === undefined
      ? createMemoryStore()
      : await openServerStore({
          path: statePath,
          outside: options.outside,
          resource: resourceOf(issuerUrl, options.resourcePath),
          servedAt: options.ownUrl,
          refreshTokenTtlSeconds,
          log,
          onEndedLogin: (login) => audit({ event: 'revoked', ...login }),
        });
  const fetchJson = createGuardedFetch(defined({ proxyFor: options.proxyFor }));
  const documentOffer = offerOf(options.clientDocuments ?? 'auto', fetchJson, log);
  const oauth = createAuthorizationServer({
    ...defined({
      scopeRules: options.scopeRules,
      resourcePath: options.resourcePath,
      resourceName: options.resourceName,
    }),
    issuer: issuerUrl,
    formerIssuers: options.formerIssuerUrls ?? [],
    isMadePin: options.isMadePin ?? false,
    fetchJson,
    documentOffer,
    store,
    log,
    audit,
    keepAddresses: options.clientAddresses ?? true,
    pin: options.pin,
    accessTokenTtlSeconds: options.accessTokenTtlSeconds ?? 14 * daySeconds,
    refreshTokenTtlSeconds,
    refreshGraceSeconds: options.refreshGraceSeconds ?? daySeconds,
    rateLimit: options.rateLimit ?? true,
  });
  const stopHousekeeping = startHousekeeping({ store, log });
  return {
    store,
    oauth,
    close: async () => {
      documentOffer.close();
      stopHousekeeping();
      await store.close();
    },
  };
}

function offerOf(when: 'auto' | 'on' | 'off', fetchJson: FetchJson, log: Log): DocumentOffer & { close(): void } {
  if (when === 'off') return { ...neverOffered, close: () => {} };
  return startOfferProbe({ fetchJson, log, always: when === 'on' });
}
