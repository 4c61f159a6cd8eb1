/** A setting of `serve`: its flag, its environment variable, and what --help says of it. */
export interface ServeOption {
  readonly flags: string;
  readonly variable: string;
  readonly description: string;
  /** What holds when neither is given, as --help shows it. */
  readonly fallback?: string;
  readonly choices?: readonly string[];
  /** True for a flag that may be given several times; its variable has commas. */
  readonly repeatable?: true;
  /** The heading that --help shows it under. */
  readonly group: string;
}

const groups = {
  vault: 'The vault:',
  server: 'Where it is reached:',
  login: 'Logins:',
  search: 'Search:',
  access: 'Cloudflare Access:',
  operation: 'Operation:',
} as const;

/** Every setting of `serve`, by the groups of --help; a flag wins over its variable. */
export const serveOptions = {
  vaultPath: {
    flags: '--vault-path <folder>',
    variable: 'VAULT_PATH',
    description: 'the folder of Markdown notes',
    fallback: './vault',
    group: groups.vault,
  },
  ignore: {
    flags: '--ignore <globs>',
    variable: 'VAULT_IGNORE',
    description: 'globs of notes that are neither listed nor read, separated by commas',
    group: groups.vault,
  },
  listUnderscore: {
    flags: '--list-underscore',
    variable: 'VAULT_LIST_UNDERSCORE',
    description: 'also list and search names that begin with _ (VAULT_LIST_UNDERSCORE=on)',
    group: groups.vault,
  },
  dailyFolder: {
    flags: '--daily-folder <folder>',
    variable: 'VAULT_DAILY_FOLDER',
    description: "the folder of the daily notes; overrides the vault's own settings",
    group: groups.vault,
  },
  dailyFormat: {
    flags: '--daily-format <format>',
    variable: 'VAULT_DAILY_FORMAT',
    description: 'how daily notes are named, such as YYYY/MM/YYYY-MM-DD',
    group: groups.vault,
  },
  readOnly: {
    flags: '--read-only',
    variable: 'VAULT_READ_ONLY',
    description: 'offer no tool that changes notes (VAULT_READ_ONLY=on)',
    group: groups.vault,
  },
  watch: {
    flags: '--no-watch',
    variable: 'VAULT_WATCH',
    description: 'do not watch the vault for changes (VAULT_WATCH=off)',
    group: groups.vault,
  },
  host: {
    flags: '--host <address>',
    variable: 'SERVER_HOST',
    description: 'the address to listen on',
    fallback: '127.0.0.1',
    group: groups.server,
  },
  port: {
    flags: '--port <number>',
    variable: 'SERVER_PORT',
    description: 'the port to listen on',
    fallback: '8091',
    group: groups.server,
  },
  issuerUrl: {
    flags: '--issuer-url <url>',
    variable: 'OAUTH_ISSUER_URL',
    description: 'the public URL; https, unless it is loopback',
    fallback: 'http://127.0.0.1:<port>',
    group: groups.server,
  },
  alsoIssuer: {
    flags: '--also-issuer <url>',
    variable: 'OAUTH_ALSO_ISSUER',
    description: 'a former public URL whose logins stay valid (repeatable)',
    repeatable: true,
    group: groups.server,
  },
  allowedHosts: {
    flags: '--allowed-hosts <names>',
    variable: 'MCP_ALLOWED_HOSTS',
    description: 'further hosts to accept: name, name:port or name:*, separated by commas',
    group: groups.server,
  },
  trustProxy: {
    flags: '--trust-proxy <addresses>',
    variable: 'SERVER_TRUST_PROXY',
    description: 'proxies whose X-Forwarded-For is trusted: addresses or ranges, separated by commas',
    fallback: 'loopback',
    group: groups.server,
  },
  rateLimit: {
    flags: '--no-rate-limit',
    variable: 'RATE_LIMIT',
    description: 'do not limit the number of requests (RATE_LIMIT=off)',
    group: groups.server,
  },
  statePath: {
    flags: '--state-path <file>',
    variable: 'OAUTH_STATE_PATH',
    description: 'keep clients and logins in this file',
    fallback: 'kept in memory, lost at a restart',
    group: groups.login,
  },
  pinFile: {
    flags: '--pin-file <file>',
    variable: 'OAUTH_PIN_FILE',
    description: 'the file with the PIN of the approval page; or set OAUTH_PIN',
    fallback: 'a random PIN',
    group: groups.login,
  },
  auth: {
    flags: '--no-auth',
    variable: 'SERVER_AUTH',
    description: 'no login: everybody on this machine has access (SERVER_AUTH=off); loopback only',
    group: groups.login,
  },
  clientDocuments: {
    flags: '--client-documents <when>',
    variable: 'OAUTH_CLIENT_DOCUMENTS',
    description: 'offer client ID metadata documents: always (on), never (off), or while outbound https works (auto)',
    fallback: 'auto',
    choices: ['auto', 'on', 'off'],
    group: groups.login,
  },
  accessTokenTtl: {
    flags: '--access-token-ttl <duration>',
    variable: 'OAUTH_ACCESS_TOKEN_TTL',
    description: 'how long an access token lives',
    fallback: '14d',
    group: groups.login,
  },
  refreshTokenTtl: {
    flags: '--refresh-token-ttl <duration>',
    variable: 'OAUTH_REFRESH_TOKEN_TTL',
    description: 'how long an unused refresh token lives',
    fallback: '90d',
    group: groups.login,
  },
  refreshGrace: {
    flags: '--refresh-grace <duration>',
    variable: 'OAUTH_REFRESH_GRACE',
    description: 'how long a used refresh token still works after its successor was used',
    fallback: '24h',
    group: groups.login,
  },
  clientAddresses: {
    flags: '--no-client-addresses',
    variable: 'OAUTH_CLIENT_ADDRESSES',
    description: 'do not keep addresses and user agents of clients in the state (OAUTH_CLIENT_ADDRESSES=off)',
    group: groups.login,
  },
  searchCache: {
    flags: '--search-cache <file>',
    variable: 'VAULT_SEARCH_CACHE',
    description: 'the file that keeps the catalogue of the notes between starts; outside the vault',
    fallback: '<state file>.catalogue; without a state file, rebuilt at each start',
    group: groups.search,
  },
  meaning: {
    flags: '--meaning <on|off>',
    variable: 'VAULT_MEANING',
    description: 'search by meaning with the built-in word vectors',
    fallback: 'on',
    choices: ['on', 'off'],
    group: groups.search,
  },
  embeddingsUrl: {
    flags: '--embeddings-url <url>',
    variable: 'VAULT_EMBEDDINGS_URL',
    description: 'search by meaning with a model: send the notes to this OpenAI-compatible or Ollama endpoint',
    group: groups.search,
  },
  embeddingModel: {
    flags: '--embedding-model <name>',
    variable: 'VAULT_EMBEDDING_MODEL',
    description: 'the model of that endpoint; set its key in VAULT_EMBEDDINGS_API_KEY',
    group: groups.search,
  },
  embeddingPrefixes: {
    flags: '--embedding-prefixes <query|passage>',
    variable: 'VAULT_EMBEDDING_PREFIXES',
    description: "the prefixes that the model expects before queries and notes, such as 'query:|passage:', or none",
    fallback: 'known for common models, by name',
    group: groups.search,
  },
  accessTeam: {
    flags: '--cf-access-team <name>',
    variable: 'CF_ACCESS_TEAM',
    description: 'Cloudflare Access: the team, as in <name>.cloudflareaccess.com',
    group: groups.access,
  },
  accessAudience: {
    flags: '--cf-access-audience <tag>',
    variable: 'CF_ACCESS_AUDIENCE',
    description: "Cloudflare Access: the application's audience tag",
    group: groups.access,
  },
  accessAllow: {
    flags: '--cf-access-allow <identities>',
    variable: 'CF_ACCESS_ALLOW',
    description: 'Cloudflare Access: emails and client IDs of service tokens that have access, separated by commas',
    group: groups.access,
  },
  accessScopes: {
    flags: '--cf-access-scopes <scopes>',
    variable: 'CF_ACCESS_SCOPES',
    description: 'Cloudflare Access: their scopes: vault:read, vault:write, separated by commas',
    fallback: 'vault:read',
    group: groups.access,
  },
  auditFile: {
    flags: '--audit-file <file>',
    variable: 'AUDIT_FILE',
    description:
      'also write approvals, changes by tools, refused credentials and revocations to this file, as JSON lines',
    group: groups.operation,
  },
  metrics: {
    flags: '--metrics <whom>',
    variable: 'SERVER_METRICS',
    description: 'serve /metrics to this machine (local), to everybody (public) or not (off)',
    fallback: 'off',
    choices: ['off', 'local', 'public'],
    group: groups.operation,
  },
  logFormat: {
    flags: '--log-format <format>',
    variable: 'LOG_FORMAT',
    description: 'text or json, on stderr',
    fallback: 'text',
    choices: ['text', 'json'],
    group: groups.operation,
  },
  logLevel: {
    flags: '--log-level <level>',
    variable: 'LOG_LEVEL',
    description: 'debug, info, warn or error',
    fallback: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
    group: groups.operation,
  },
} as const satisfies Readonly<Record<string, ServeOption>>;

export type ServeOptionName = keyof typeof serveOptions;

/** What was typed, by setting: a text, or a switch. */
export type TypedOptions = { readonly [name in ServeOptionName]?: string | boolean };

/** Returns the flag alone: `--vault-path`. */
export function flagOf(option: ServeOption): string {
  return option.flags.split(' ', 1)[0] ?? option.flags;
}
