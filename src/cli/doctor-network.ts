import { isLoopbackName } from '../addresses.js';
import { systemErrorCode } from '../errors.js';
import { silentLog } from '../log.js';
import { resolveEndpoint } from '../notes/search/embeddings/endpoint.js';
import { EmbeddingError, requestVectors } from '../notes/search/embeddings/request-vectors.js';
import { startOfferProbe } from '../oauth/clients/document-offer.js';
import { createGuardedFetch, FetchError, type FetchJson } from '../oauth/clients/guarded-fetch.js';
import { accessKeysUrl, keySetBytes } from '../oauth/cloudflare-access.js';
import { type Check, findingsOf } from './doctor-check.js';
import type { ServeSettings } from './serve-settings.js';

const patienceMs = 5_000;
/** A local endpoint loads its model at the first request. */
const embeddingPatienceMs = 30_000;
const worstClockSeconds = 60;

/** What a GET gave: an answer, or why there was none. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Readonly<Record<string, unknown>> | undefined;
}
export type Fetched = { readonly answer: Answer } | { readonly fault: string };

/** Gets the RFC 8414 document of `issuerUrl`. */
export async function fetchMetadata(issuerUrl: string): Promise<Fetched> {
  return await request(`${issuerUrl}/.well-known/oauth-authorization-server`);
}

/** The public URL has to lead to this server, unchanged: clients compare what it says of itself byte by byte. */
export async function checkIssuer(issuerUrl: string, settings: ServeSettings, metadata: Fetched): Promise<Check> {
  const finding = findingsOf('issuer');
  const isLocal = isLoopbackName(new URL(issuerUrl).hostname);
  if (!settings.options.auth) return finding.skipped('not used with --no-auth');
  if ('fault' in metadata) {
    if (isLocal) return finding.skipped(`nothing answers at ${issuerUrl}: start the server to check it`);
    return finding.failed(
      `${issuerUrl} cannot be reached: ${metadata.fault}`,
      'check the DNS name, the tunnel or proxy, and whether the server runs',
    );
  }
  const { status, headers, json } = metadata.answer;
  if (status === 421)
    return finding.failed(`the server at ${issuerUrl} does not accept this host`, 'start it with this --issuer-url');
  if (status >= 500)
    return finding.failed(
      `${issuerUrl} answers ${status}`,
      'the proxy does not reach the server: check that the server runs',
    );
  if (headers.get('location')?.includes('cloudflareaccess.com')) {
    return finding.failed(
      `Cloudflare Access asks for a login at ${issuerUrl}`,
      'bypass it for /.well-known, /register, /authorize, /oauth, /token and /revoke, or clients cannot log in',
    );
  }
  if (status !== 200 || json === undefined) {
    return finding.failed(
      `${issuerUrl} answers ${status}, without metadata`,
      'another program answers there: check the proxy',
    );
  }
  if (json['issuer'] !== issuerUrl) {
    return finding.failed(
      `the server at ${issuerUrl} says that it is ${String(json['issuer']).slice(0, 200)}`,
      'set its --issuer-url to the URL that clients use',
    );
  }
  const challenge = await request(`${issuerUrl}/mcp`, 'POST');
  if ('fault' in challenge)
    return finding.failed(`${issuerUrl}/mcp: ${challenge.fault}`, 'check what the proxy does with /mcp');
  if (
    challenge.answer.status !== 401 ||
    !challenge.answer.headers.get('www-authenticate')?.includes(`"${issuerUrl}/`)
  ) {
    return finding.failed(
      `${issuerUrl}/mcp answers ${challenge.answer.status} to a request without a token, not 401 with a challenge`,
      'the proxy changes answers: it must keep the status and the WWW-Authenticate header',
    );
  }
  const { origin, pathname } = new URL(issuerUrl);
  const inserted = `${origin}/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`;
  const found = await request(inserted);
  if (!('answer' in found) || found.answer.json?.['issuer'] !== issuerUrl) {
    return finding.warning(
      `${issuerUrl} answers correctly, but ${inserted} does not, and some clients look only there`,
      'let the proxy forward that path too; docs/proxies/nginx-path.conf shows how',
    );
  }
  return finding.ok(`${issuerUrl} answers correctly`);
}

/** Tokens and assertions carry times; another machine's clock is compared where one answers. */
export function checkClock(issuerUrl: string, metadata: Fetched, nowMs: number): Check {
  const finding = findingsOf('clock');
  const date = 'answer' in metadata ? Date.parse(metadata.answer.headers.get('date') ?? '') : Number.NaN;
  if (isLoopbackName(new URL(issuerUrl).hostname) || Number.isNaN(date)) {
    return finding.skipped('no other clock to compare with');
  }
  const seconds = Math.round((nowMs - date) / 1_000);
  if (Math.abs(seconds) <= worstClockSeconds) return finding.ok(`agrees with ${issuerUrl}`);
  const direction = seconds > 0 ? 'ahead of' : 'behind';
  return finding.failed(
    `${Math.abs(seconds)} s ${direction} ${issuerUrl}`,
    'switch time synchronisation on, such as systemd-timesyncd',
  );
}

export async function checkAccess({ options }: ServeSettings): Promise<Check> {
  const finding = findingsOf('access');
  const { cloudflareAccess } = options;
  if (cloudflareAccess === undefined) {
    return finding.skipped('Cloudflare Access is not configured');
  }
  const { teamUrl, allow } = cloudflareAccess;
  let why = 'there are none';
  try {
    const { json } = await guardedFetchOf(options)(accessKeysUrl(teamUrl), keySetBytes, 'approved');
    const keys = (json as { keys?: unknown } | null)?.keys;
    if (Array.isArray(keys) && keys.length > 0) {
      return finding.ok(`${teamUrl} has keys; ${allow.length} listed may come in`);
    }
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    why = error.message;
  }
  return finding.failed(
    `the keys of ${teamUrl} cannot be fetched: ${why}`,
    'check --cf-access-team and the network of this machine, or set HTTPS_PROXY',
  );
}

/** Claude Code, Codex and others are described by a document that the server fetches: without a way out they cannot log in so. */
export async function checkClientDocuments({ options }: ServeSettings): Promise<Check> {
  const finding = findingsOf('outbound');
  const when = options.clientDocuments ?? 'auto';
  if (!options.auth || when === 'off') {
    return finding.skipped('client ID metadata documents are not offered');
  }
  const probe = startOfferProbe({ fetchJson: guardedFetchOf(options), log: silentLog });
  await probe.recheck();
  probe.close();
  if (probe.state() === 'offered') return finding.ok('outbound https works');
  const message = 'outbound https does not work, so this server cannot fetch the documents that describe clients';
  const hint = 'set HTTPS_PROXY, or allow outbound connections to port 443';
  if (when === 'auto') return finding.warning(message, `${hint}; until then clients register themselves`);
  return finding.failed(message, `${hint}, or use --client-documents auto`);
}

/** Search by meaning sends notes to an endpoint; it goes by words alone while there is none. */
export async function checkEmbeddings({ options }: ServeSettings): Promise<Check> {
  const finding = findingsOf('embeddings');
  if (options.embeddings === undefined) {
    return finding.skipped('no endpoint is set: search uses the built-in vectors');
  }
  const { url, model, apiKey } = options.embeddings;
  const endpoint = resolveEndpoint(url);
  // Without the query, which may have a key in it.
  const where = endpoint.url.origin + endpoint.url.pathname;
  const signal = AbortSignal.timeout(embeddingPatienceMs);
  try {
    const { dimensions } = await requestVectors({ endpoint, model, apiKey, texts: ['a note'], signal });
    return finding.ok(`${model} at ${where} gives vectors of ${dimensions} numbers`);
  } catch (error) {
    if (!(error instanceof EmbeddingError)) throw error;
    const hint =
      'check --embeddings-url, --embedding-model and VAULT_EMBEDDINGS_API_KEY; until then search works without its model';
    return finding.warning(`${model} at ${where} gives no vectors: ${error.message}`, hint);
  }
}

function guardedFetchOf({ proxyFor }: ServeSettings['options']): FetchJson {
  return createGuardedFetch(proxyFor === undefined ? {} : { proxyFor });
}

async function request(url: string, method = 'GET'): Promise<Fetched> {
  try {
    const response = await fetch(url, { method, redirect: 'manual', signal: AbortSignal.timeout(patienceMs) });
    const text = await response.text();
    return { answer: { status: response.status, headers: response.headers, json: parseObject(text) } };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return { fault: systemErrorCode(cause) ?? (cause instanceof Error ? cause.message : 'unknown error') };
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
