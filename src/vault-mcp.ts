import type { RequestListener } from 'node:http';
import { type AuditEvent, createAudit } from './audit.js';
import { defined } from './defined.js';
import { VaultMcpError } from './errors.js';
import { createApp } from './http/app.js';
import { createMetrics, type Metrics } from './http/metrics.js';
import { type Log, silentLog } from './log.js';
import { createMcpEndpoint } from './mcp/create-mcp-endpoint.js';
import type { ToolCall } from './mcp/endpoint.js';
import { createVault } from './notes/create-vault.js';
import type { Notes } from './notes/notes.js';
import { openNotes } from './notes/open-notes.js';
import type { EmbeddingsOptions } from './notes/search/open-note-search.js';
import { createGuardedFetch, type FetchJson } from './oauth/clients/guarded-fetch.js';
import { createAccessVerifier } from './oauth/cloudflare-access.js';
import { openLogins } from './open-logins.js';
import { aboutClient } from './state/rules/about-client.js';
import { describeKnown } from './state/rules/describe-known.js';
import { createMemoryStore } from './state/store/memory-store.js';
import type { StateStore } from './state/store/store.js';
import { version } from './version.js';

export interface VaultMcpOptions {
  /** The folder of notes. */
  vaultPath: string;
  /** Create the folder with a welcome note if it is missing; false by default. */
  createVaultIfMissing?: boolean;
  /** The state file. Without one the state is kept in memory, and a restart logs everybody out. */
  statePath?: string;
  /** The public URL, without a trailing slash. */
  issuerUrl: string;
  /** The local URL of the server. It is kept in the state file, so that commands can reach the server. */
  ownUrl?: string;
  /** Former public URLs whose logins stay valid, without a trailing slash. */
  formerIssuerUrls?: readonly string[];
  /** The PIN of the approval page; not used with `auth: false`. */
  pin: string;
  /** True for a generated PIN: it may be typed with any case, spaces and dashes, and is not limited over all addresses. */
  isMadePin?: boolean;
  /** Whether client ID metadata documents are offered: `auto`, the default, offers them while outbound https works. */
  clientDocuments?: 'auto' | 'on' | 'off';
  /** The proxy for an outbound https URL; none by default. */
  proxyFor?: (url: URL) => URL | undefined;
  /** False serves everybody who reaches the app; true by default. */
  auth?: boolean;
  /** Further values of the Host header, `name`, `name:*` or `name:port`, beside loopback and the issuer's. */
  allowedHosts?: readonly string[];
  /** Addresses or ranges of proxies whose X-Forwarded-For is trusted; loopback by default. */
  trustProxy?: readonly string[];
  watch?: boolean;
  readOnly?: boolean;
  /** Globs of notes that are neither listed nor read. */
  ignore?: readonly string[];
  rateLimit?: boolean;
  accessTokenTtlSeconds?: number;
  refreshTokenTtlSeconds?: number;
  refreshGraceSeconds?: number;
  cloudflareAccess?: { teamUrl: string; audience: string; allow: readonly string[]; scopes: readonly string[] };
  /** Also list and search names that begin with `_`. They can be read by path in any case. */
  listUnderscore?: boolean;
  /** The folder of daily notes, and the format of their names (Moment.js). Both override the vault's own settings. */
  dailyFolder?: string;
  dailyFormat?: string;
  /** Where the catalogue of the notes is kept between starts, outside the vault; in memory without it. */
  cataloguePath?: string;
  /** After this time without progress the worker of the notes is restarted; 20 s by default. */
  callTimeoutMs?: number;
  /** Search by meaning with the built-in word vectors; on by default. */
  meaning?: 'on' | 'off';
  /** Search by meaning with a model instead: the texts of the notes go to this endpoint. */
  embeddings?: EmbeddingsOptions;
  /** Serves `/metrics`, to this machine or to everybody; off by default. */
  metrics?: 'local' | 'public';
  /** Keep the address and user agent of each approval and last use in the state; true by default. */
  clientAddresses?: boolean;
  /** Receives the audit lines as JSON: changes by tools, refused credentials, logins that a command ended. */
  writeAudit?: (line: string) => void;
  log?: Log;
}

export interface VaultMcp {
  /** Serve it with `listen`, or mount it into an Express app at the root. */
  readonly app: RequestListener;
  readonly store: StateStore;
  readonly notes: Notes;
  /** Saves and stops everything behind the app. If the last save fails, it rejects with an error that says what is lost. */
  close(): Promise<void>;
}

/** Creates the whole server: vault, search, state, authorization server, tools and the HTTP app. */
export async function createVaultMcp(options: VaultMcpOptions): Promise<VaultMcp> {
  const log = options.log ?? silentLog;
  const auth = options.auth ?? true;
  const rateLimit = options.rateLimit ?? true;
  const readOnly = options.readOnly ?? false;
  const opened: (() => Promise<void> | void)[] = [];
  async function close(): Promise<void> {
    let failure: unknown;
    for (const end of opened.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  try {
    // First of all: a state file that must not be served is refused before anything is made.
    let metrics: Metrics | undefined;
    const audit = createAudit({
      log,
      observe: (event) => metrics?.observeAudit(event),
      ...defined({ write: options.writeAudit }),
    });
    const logins = auth ? await openLogins({ ...options, outside: options.vaultPath, log, audit }) : undefined;
    const store = logins?.store ?? createMemoryStore();
    opened.push(() => (logins ?? store).close());
    if (options.createVaultIfMissing === true) createVaultUnlessItExists(options.vaultPath);
    const { dailyFolder, dailyFormat, cataloguePath, callTimeoutMs, meaning, embeddings } = options;
    const notes = openNotes({
      path: options.vaultPath,
      ignore: options.ignore ?? [],
      listUnderscore: options.listUnderscore ?? false,
      readOnly,
      watch: options.watch ?? true,
      log,
      ...defined({ dailyFolder, dailyFormat, cataloguePath, callTimeoutMs, meaning, embeddings }),
    });
    opened.push(() => notes.close());
    if (options.metrics !== undefined) {
      metrics = await createMetrics({ store, notes, public: options.metrics === 'public' });
    }
    const onToolCall = (call: ToolCall) => {
      metrics?.observeToolCall(call);
      if (call.changes) audit(changeOf(call, store));
    };
    const mcp = createMcpEndpoint({ notes, log, version, readOnly, onToolCall });
    opened.push(() => mcp.close());
    const app = createApp({
      issuer: options.issuerUrl,
      oauth: logins?.oauth,
      mcp,
      allowedHosts: options.allowedHosts ?? [],
      trustProxy: options.trustProxy ?? ['loopback'],
      rateLimit,
      health: () => ({ state: store.health(), index: notes.status() }),
      describeKnown: async (ids) => describeKnown(await store.recentView(), ids),
      log,
      audit,
      ...(metrics === undefined ? {} : { metrics }),
      ...(options.cloudflareAccess === undefined
        ? {}
        : { access: createAccessVerifier({ ...options.cloudflareAccess, log, fetchJson: guardedFetchFor(options) }) }),
    });
    return { app, store, notes, close };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

function guardedFetchFor({ proxyFor }: VaultMcpOptions): FetchJson {
  return createGuardedFetch(defined({ proxyFor }));
}

function changeOf(call: ToolCall, store: StateStore): AuditEvent {
  const { tool, outcome, paths, clientId, grantId, requestId } = call;
  return {
    event: 'changed',
    tool,
    outcome,
    paths,
    ...aboutClient(store.view(), clientId),
    ...(grantId === '' ? {} : { grant: grantId }),
    request: requestId,
  };
}

function createVaultUnlessItExists(path: string): void {
  try {
    createVault(path);
  } catch (error) {
    if (!(error instanceof VaultMcpError && error.code === 'exists')) throw error;
  }
}
