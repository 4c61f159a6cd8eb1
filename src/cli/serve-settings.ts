import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { isLoopbackName } from '../addresses.js';
import { checkEmbeddingsUrl } from '../notes/search/embeddings/endpoint.js';
import { readPrefixes } from '../notes/search/embeddings/prefixes.js';
import type { EmbeddingsOptions } from '../notes/search/open-note-search.js';
import { accessTeamUrl } from '../oauth/cloudflare-access.js';
import type { VaultMcpOptions } from '../vault-mcp.js';
import { parseDuration } from './durations.js';
import { UsageError } from './errors.js';
import { isReachedLocally, ownUrl } from './local-url.js';
import { misspeltVariables } from './misspelt-variables.js';
import { readOutboundProxy } from './outbound-proxy.js';
import { expandPath } from './paths.js';
import { pinRemarks } from './pin.js';
import { flagOf, type ServeOptionName, serveOptions, type TypedOptions } from './serve-options.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Secrets have no flag: other users see the flags of a process. */
const otherVariables = ['OAUTH_PIN', 'VAULT_EMBEDDINGS_API_KEY'] as const;

/** The checked settings of `serve`; paths are absolute. */
export interface ServeSettings {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Undefined = http://127.0.0.1 and the port that was bound. */
  readonly issuerUrl: string | undefined;
  /** The PIN itself, the file that has it, or neither. */
  readonly pin: string | undefined;
  readonly pinFile: string | undefined;
  readonly auditFile: string | undefined;
  /** What was set, by flag, for the log's first line; nothing secret. */
  readonly given: Readonly<Record<string, string>>;
  /** Sentences about settings that have no effect, or probably not the intended one. */
  readonly warnings: readonly string[];
  readonly logFormat: 'text' | 'json';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** What createVaultMcp takes as it is. */
  readonly options: Omit<VaultMcpOptions, 'issuerUrl' | 'pin' | 'log'> & { readonly auth: boolean };
}

/** Returns the settings from flags, then variables, then defaults; throws UsageError. An empty variable is not set. No I/O. */
export function readServeSettings(typed: TypedOptions, env: Environment, cwd: string): ServeSettings {
  const given = new Settings(typed, env);
  const path = (name: ServeOptionName) => {
    const value = given.text(name);
    return value === undefined ? undefined : expandPath(value, { cwd, home: env['HOME'] });
  };
  const vaultPath = path('vaultPath');
  const statePath = path('statePath');
  const cataloguePath = path('searchCache') ?? (statePath === undefined ? undefined : `${statePath}.catalogue`);
  const trustProxy = given.list('trustProxy', isProxy, 'write IP addresses, ranges such as 10.0.0.0/8, or loopback');
  const cloudflareAccess = readAccess(given);
  const embeddings = readEmbeddings(given, env['VAULT_EMBEDDINGS_API_KEY'] || undefined);
  const metrics = given.choice('metrics');
  const dailyFolder = given.text('dailyFolder')?.text;
  const dailyFormat = given.text('dailyFormat')?.text;
  const outbound = readOutboundProxy(env);
  const issuerUrl = given.issuer();
  const pin = readPin(env['OAUTH_PIN'] ?? '');
  const settings: ServeSettings = {
    host: given.host(),
    port: given.port(),
    issuerUrl,
    pin,
    pinFile: path('pinFile'),
    auditFile: path('auditFile'),
    given: given.shown(),
    warnings: [
      ...misspeltVariables(env, [...Object.values(serveOptions).map(({ variable }) => variable), ...otherVariables]),
      ...outbound.warnings,
      ...pinRemarks(env['OAUTH_PIN'] ?? '', 'OAUTH_PIN'),
      ...portRemarks(issuerUrl),
    ],
    logFormat: given.choice('logFormat'),
    logLevel: given.choice('logLevel'),
    options: {
      vaultPath: vaultPath ?? resolve(cwd, serveOptions.vaultPath.fallback),
      createVaultIfMissing: vaultPath === undefined,
      ...(statePath === undefined ? {} : { statePath }),
      ...(cataloguePath === undefined ? {} : { cataloguePath }),
      meaning: given.choice('meaning'),
      ...(embeddings === undefined ? {} : { embeddings }),
      ...(cloudflareAccess === undefined ? {} : { cloudflareAccess }),
      ...(metrics === 'off' ? {} : { metrics }),
      formerIssuerUrls: given.formerIssuers(),
      clientDocuments: given.choice('clientDocuments'),
      ...(outbound.proxyFor === undefined ? {} : { proxyFor: outbound.proxyFor }),
      auth: given.switch('auth', true),
      allowedHosts: given.list('allowedHosts', isHostEntry, 'write names such as vault.example.com or name:8080') ?? [],
      trustProxy: trustProxy ?? ['loopback'],
      watch: given.switch('watch', true),
      readOnly: given.switch('readOnly', false),
      ignore: given.list('ignore', () => true, '') ?? [],
      listUnderscore: given.switch('listUnderscore', false),
      ...(dailyFolder === undefined ? {} : { dailyFolder }),
      ...(dailyFormat === undefined ? {} : { dailyFormat }),
      rateLimit: given.switch('rateLimit', true),
      clientAddresses: given.switch('clientAddresses', true),
      accessTokenTtlSeconds: given.duration('accessTokenTtl'),
      refreshTokenTtlSeconds: given.duration('refreshTokenTtl'),
      refreshGraceSeconds: given.duration('refreshGrace'),
    },
  };
  if (settings.pin !== undefined && settings.pinFile !== undefined) {
    throw new UsageError('both OAUTH_PIN and a PIN file are set', 'keep one: unset OAUTH_PIN, or --pin-file');
  }
  if (!settings.options.auth) checkOpenServer(settings);
  else if (issuerUrl === undefined && isIP(settings.host) !== 0 && !isReachedLocally(settings.host)) {
    throw new UsageError(
      `--host ${settings.host} cannot be reached at http://127.0.0.1, which would be the public URL`,
      'set --issuer-url to the public URL that a proxy forwards to that address',
    );
  }
  return settings;
}

/** Where a server that may run already is asked, and its state file. */
export interface StatusSettings {
  readonly url: string;
  readonly statePath: string | undefined;
}

/** Returns what `status` needs of the settings, whatever is wrong with the others; throws UsageError. */
export function readStatusSettings(typed: TypedOptions, env: Environment, cwd: string): StatusSettings {
  const given = new Settings(typed, env);
  const statePath = given.text('statePath');
  return {
    url: ownUrl(given.host(), given.port()),
    statePath: statePath === undefined ? undefined : expandPath(statePath, { cwd, home: env['HOME'] }),
  };
}

/** An empty variable is not set; one of blanks was meant to be something. */
function readPin(text: string): string | undefined {
  if (text === '') return undefined;
  if (text.trim() !== '') return text;
  throw new UsageError('OAUTH_PIN is blank', 'set a PIN, or remove the variable to get a random PIN');
}

/** Clients in the cloud dial 443 alone. */
function portRemarks(issuerUrl: string | undefined): string[] {
  const url = issuerUrl === undefined ? undefined : new URL(issuerUrl);
  if (url === undefined || url.port === '' || isLoopbackName(url.hostname)) return [];
  return [`the public URL has port ${url.port}: claude.ai and other clients connect only to port 443`];
}

/** Without authentication nothing but this machine may reach the server. */
function checkOpenServer({ host, issuerUrl, options }: ServeSettings): void {
  const reason = !isLoopbackName(host)
    ? `--host ${host} can be reached from other machines`
    : issuerUrl !== undefined && !isLoopbackName(new URL(issuerUrl).hostname)
      ? `--issuer-url ${issuerUrl} is a public URL`
      : (options.allowedHosts?.length ?? 0) > 0
        ? '--allowed-hosts accepts other names'
        : options.cloudflareAccess !== undefined
          ? 'Cloudflare Access is for a public URL'
          : undefined;
  if (reason !== undefined) {
    throw new UsageError(`--no-auth is for this machine only, but ${reason}`, 'remove --no-auth or that setting');
  }
}

function readAccess(given: Settings): ServeSettings['options']['cloudflareAccess'] {
  const team = given.text('accessTeam');
  const audience = given.text('accessAudience');
  const allow = given.list('accessAllow', () => true, '');
  const scopes = given.list(
    'accessScopes',
    (scope) => /^vault:(read|write)$/.test(scope),
    'use vault:read, vault:write',
  );
  if (team === undefined && audience === undefined && allow === undefined && scopes === undefined) return undefined;
  if (team === undefined || audience === undefined || allow === undefined) {
    const missing = [
      team === undefined ? '--cf-access-team' : '',
      audience === undefined ? '--cf-access-audience' : '',
      allow === undefined ? '--cf-access-allow' : '',
    ].filter((flag) => flag !== '');
    throw new UsageError(
      `Cloudflare Access is half configured: ${missing.join(' and ')} missing`,
      'set --cf-access-team, --cf-access-audience and --cf-access-allow, or none of them',
    );
  }
  const teamUrl = accessTeamUrl(team.text);
  if (teamUrl === undefined) {
    throw new UsageError(
      `${team.from}: ${JSON.stringify(team.text)} is not a team name`,
      'write the <team> of <team>.cloudflareaccess.com',
    );
  }
  return { teamUrl, audience: audience.text, allow, scopes: scopes ?? ['vault:read'] };
}

/** Both or none; the key comes by its variable alone, as other users see the flags of a process. */
function readEmbeddings(given: Settings, apiKey: string | undefined): EmbeddingsOptions | undefined {
  const url = given.text('embeddingsUrl');
  const model = given.text('embeddingModel');
  const written = given.text('embeddingPrefixes');
  if (url === undefined && model === undefined) return undefined;
  if (url === undefined || model === undefined) {
    const missing = url === undefined ? '--embeddings-url' : '--embedding-model';
    throw new UsageError(
      `search by meaning is half configured: ${missing} is missing`,
      'set --embeddings-url and --embedding-model, or neither',
    );
  }
  const problem = checkEmbeddingsUrl(url.text);
  // The URL is not repeated: it may have a password in it.
  if (problem !== undefined) throw new UsageError(`${url.from} ${problem.reason}`, problem.hint);
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new UsageError(
      'VAULT_EMBEDDINGS_API_KEY has characters that a key cannot have',
      'check it for spaces and line breaks',
    );
  }
  const prefixes = written && readPrefixes(written.text);
  if (written !== undefined && prefixes === undefined) {
    throw new UsageError(
      `${written.from} is not two texts with | between them`,
      "write such as 'query:|passage:', or none",
    );
  }
  return { url: url.text, model: model.text, ...(apiKey && { apiKey }), ...(prefixes && { prefixes }) };
}

type ChoiceName = 'meaning' | 'clientDocuments' | 'metrics' | 'logFormat' | 'logLevel';

/** What was given for each setting, and where. */
class Settings {
  readonly #typed: TypedOptions;
  readonly #env: Environment;

  constructor(typed: TypedOptions, env: Environment) {
    this.#typed = typed;
    this.#env = env;
  }

  /** The text, trimmed, and the flag or variable that has it. */
  text(name: ServeOptionName): { text: string; from: string } | undefined {
    const typed = this.#typed[name];
    const option = serveOptions[name];
    const from = typed === undefined ? option.variable : flagOf(option);
    const text = (typed === undefined ? (this.#env[option.variable] ?? '') : String(typed)).trim();
    if (text !== '') return { text, from };
    if (typed === undefined) return undefined;
    throw new UsageError(`${from} is empty`, `give it a value, or omit it`);
  }

  /** All that was set, by flag; of a URL only what has no secret in it. */
  shown(): Record<string, string> {
    const shown: Record<string, string> = {};
    for (const name of Object.keys(serveOptions) as ServeOptionName[]) {
      const value = this.text(name);
      if (value === undefined) continue;
      const key = flagOf(serveOptions[name]).replace(/^--(no-)?/, '');
      shown[key] = value.text.replace(/^(https?:\/\/)(?:[^/@]*@)?([^?#]*).*$/, '$1$2');
    }
    return shown;
  }

  switch(name: ServeOptionName, fallback: boolean): boolean {
    const value = this.text(name);
    if (value === undefined) return fallback;
    if (/^(true|1|yes|on)$/i.test(value.text)) return true;
    if (/^(false|0|no|off)$/i.test(value.text)) return false;
    throw new UsageError(`${value.from}: ${JSON.stringify(value.text)} is neither on nor off`, 'use on or off');
  }

  choice<N extends ChoiceName>(name: N): (typeof serveOptions)[N]['choices'][number] {
    const { choices, fallback } = serveOptions[name];
    const value = this.text(name);
    if (value === undefined) return fallback;
    const chosen = choices.find((choice) => choice === value.text.toLowerCase());
    if (chosen !== undefined) return chosen;
    throw new UsageError(`${value.from}: ${JSON.stringify(value.text)} is unknown`, `use ${choices.join(', ')}`);
  }

  duration(name: 'accessTokenTtl' | 'refreshTokenTtl' | 'refreshGrace'): number {
    const value = this.text(name);
    return parseDuration(value?.text ?? serveOptions[name].fallback, value?.from ?? name);
  }

  /** The parts between commas that are outside of braces; undefined when none is given. */
  list(name: ServeOptionName, isGood: (entry: string) => boolean, hint: string): string[] | undefined {
    const value = this.text(name);
    const entries = value?.text
      .split(/,(?![^{]*\})/)
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '');
    const bad = entries?.find((entry) => !isGood(entry));
    if (bad !== undefined) throw new UsageError(`${value?.from}: ${JSON.stringify(bad)} cannot be used`, hint);
    return entries === undefined || entries.length === 0 ? undefined : entries;
  }

  host(): string {
    return (this.text('host')?.text ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1');
  }

  port(): number {
    const value = this.text('port');
    const port = Number(value?.text ?? serveOptions.port.fallback);
    if (/^\d{1,5}$/.test(value?.text ?? '0') && port <= 65_535) return port;
    throw new UsageError(
      `${value?.from}: ${JSON.stringify(value?.text)} is not a port`,
      'use a number from 0 to 65535',
    );
  }

  issuer(): string | undefined {
    const value = this.text('issuerUrl');
    return value === undefined ? undefined : readIssuer(value);
  }

  formerIssuers(): string[] {
    const from = this.text('alsoIssuer')?.from ?? '';
    return (this.list('alsoIssuer', () => true, '') ?? []).map((text) => readIssuer({ text, from }));
  }
}

/** Returns an origin, perhaps with a path, and no slash at its end; http is for loopback only (RFC 8414, section 2). */
function readIssuer(value: { text: string; from: string }): string {
  const refuse = (reason: string, hint: string) => new UsageError(`${value.from}: ${value.text} ${reason}`, hint);
  const example = 'write the public URL, such as https://vault.example.com';
  if (!URL.canParse(value.text)) throw refuse('is not a URL', example);
  const url = new URL(value.text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('is not an https URL', example);
  if (url.protocol === 'http:' && !isLoopbackName(url.hostname)) {
    throw refuse('is not https', 'http is accepted for 127.0.0.1, [::1] and localhost only');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new UsageError(`${value.from} has other parts than a host, a port and a path`, example);
  }
  const path = url.pathname.replace(/\/+$/, '');
  if (!/^(?:\/[A-Za-z0-9._~-]+)*$/.test(path) || path.startsWith('/.well-known')) {
    throw refuse('has a path that cannot be used', 'use letters, digits and - . _ ~ in it');
  }
  if (/^(?:.*\/)?mcp$/.test(path)) throw refuse('ends in /mcp', 'omit /mcp: it is added to this URL');
  return `${url.origin}${path}`;
}

function isHostEntry(entry: string): boolean {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:(\d{1,5}|\*))?$/i.test(entry);
}

function isProxy(entry: string): boolean {
  if (/^(loopback|linklocal|uniquelocal)$/.test(entry)) return true;
  const [address = '', bits, ...more] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
