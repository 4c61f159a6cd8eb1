import { lookup as resolveName } from 'node:dns/promises';
import { type Agent, request } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { TLSSocket } from 'node:tls';
import { systemErrorCode, VaultMcpError } from '../../errors.js';
import { isPublicAddress } from './public-address.js';

const defaultTimeoutMs = 5_000;
const runningAtOnce = 4;
const waitingAtMost = 32;
const defaultMaxAgeSeconds = 300;
const longestMaxAgeSeconds = 86_400;

/** A document could not be fetched. The message is only for the log, because it says what this machine can reach. */
export class FetchError extends VaultMcpError {
  /** The status of the host's answer; undefined when no usable answer came. */
  readonly status: number | undefined;

  constructor(message: string, options: { cause?: unknown; status?: number } = {}) {
    super('fetch_failed', message, { cause: options.cause });
    this.status = options.status;
  }

  /** True when a host was reached, whatever it said. */
  get wasAnswered(): boolean {
    return this.status !== undefined;
  }

  /** True when the host sent something, which is no document. */
  get wasFetched(): boolean {
    return this.status === 200;
  }
}

export interface FetchedJson {
  readonly json: unknown;
  /** How long the answer may be kept, by its own headers; 0 = not at all. */
  readonly maxAgeSeconds: number;
}

/** Who made us fetch: a client that the person approved, or anybody. */
export type FetchReason = 'approved' | 'anybody';

/** Fetches a small JSON document over https; rejects with FetchError. */
export type FetchJson = (url: URL, maxBytes: number, reason: FetchReason) => Promise<FetchedJson>;

export interface GuardedFetchOptions {
  /** Defaults to the system's resolver. */
  resolve?: (host: string) => Promise<readonly { address: string; family: number }[]>;
  /** Defaults to isPublicAddress. */
  isAllowed?: (address: string) => boolean;
  /** Further certificate authorities, in PEM. */
  ca?: string;
  /** Only 443 by default: strangers may not make the server connect to other ports. */
  isAllowedPort?: (port: number) => boolean;
  /** For the whole fetch; 5 seconds by default. */
  timeoutMs?: number;
  /** The proxy to dial an URL through; none by default. */
  proxyFor?: (url: URL) => URL | undefined;
}

/**
 * Returns a fetch for URLs that strangers name: https on port 443 only, addresses checked as they are dialled (a name
 * cannot change its address between check and use), status 200 only, no redirects, 5 s in all, 4 at once. A proxy resolves
 * names itself, so there they are checked as far as they resolve here. Approved clients have a queue of their own, which
 * nobody else can fill with slow hosts.
 */
export function createGuardedFetch(options: GuardedFetchOptions = {}): FetchJson {
  const resolve = options.resolve ?? ((host: string) => resolveName(host, { all: true }));
  const isAllowed = options.isAllowed ?? isPublicAddress;
  const isAllowedPort = options.isAllowedPort ?? ((port: number) => port === 443);
  const proxyFor = options.proxyFor ?? (() => undefined);
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const queues = { approved: createQueue(), anybody: createQueue() };

  const lookup: LookupFunction = (host, { all }, callback) => {
    resolve(host).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined || !addresses.every(({ address }) => isAllowed(address))) {
          callback(new FetchError(`${host} is not on the public internet`), '', 0);
        } else if (all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 0),
    );
  };

  async function agentFor(url: URL): Promise<Agent | false> {
    const proxy = proxyFor(url);
    if (proxy === undefined) return false;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (!isPublicName(host)) throw new FetchError(`${host} is not on the public internet`);
    const addresses = await resolve(host).catch(() => []);
    if (!addresses.every(({ address }) => isAllowed(address))) {
      throw new FetchError(`${host} is not on the public internet`);
    }
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(proxy, { keepAlive: false });
  }

  async function dial(url: URL, maxBytes: number): Promise<FetchedJson> {
    const agent = await agentFor(url);
    return new Promise((fulfil, reject) => {
      const signal = AbortSignal.timeout(timeoutMs);
      const fail = (cause: unknown) => reject(explain(url, cause, signal.aborted));
      const headers = { accept: 'application/json', 'accept-encoding': 'identity' };
      const outgoing = request(url, { lookup, ca: options.ca, agent, headers, signal }, (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        if (!(response.socket instanceof TLSSocket)) {
          outgoing.destroy(new FetchError(`the proxy answered with status ${response.statusCode}`));
        } else if (response.statusCode !== 200) {
          const { statusCode: status = 0 } = response;
          outgoing.destroy(new FetchError(`${url.host} answered with status ${status}, not 200`, { status }));
        }
        response.on('error', fail);
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > maxBytes) {
            outgoing.destroy(new FetchError(`${url.host} sent more than ${maxBytes} bytes`, { status: 200 }));
          }
        });
        response.on('end', () => {
          const maxAgeSeconds = maxAge(response.headers['cache-control'], response.headers.age);
          try {
            fulfil({ json: JSON.parse(Buffer.concat(chunks).toString('utf8')), maxAgeSeconds });
          } catch {
            reject(new FetchError(`${url.host} sent no JSON`, { status: 200 }));
          }
        });
      });
      outgoing.on('error', fail);
      outgoing.end();
    });
  }

  return async (url, maxBytes, reason) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (url.protocol !== 'https:') throw new FetchError(`${url.host} is not named with https`);
    if (!isAllowedPort(Number(url.port || 443))) throw new FetchError(`${url.host} is not on port 443`);
    // A literal address is never looked up, so it is checked here.
    if (isIP(host) !== 0 && !isAllowed(host)) throw new FetchError(`${host} is not on the public internet`);
    return queues[reason](() => dial(url, maxBytes));
  };
}

/** Returns a function that runs tasks, 4 at once; it rejects with FetchError when too many wait. */
function createQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= runningAtOnce) {
      if (waiting.length >= waitingAtMost) throw new FetchError('too many documents are being fetched; try again');
      await new Promise<void>((resume) => waiting.push(resume));
    } else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

function explain(url: URL, cause: unknown, timedOut: boolean): FetchError {
  if (cause instanceof FetchError) return cause;
  if (timedOut) return new FetchError(`${url.host} did not answer in time`, { cause });
  return new FetchError(`${url.host} cannot be reached (${systemErrorCode(cause) ?? 'connection failed'})`, { cause });
}

/** A name that is only a network's own (RFC 6761, RFC 6762, RFC 8375), or an address, which is checked elsewhere. */
function isPublicName(host: string): boolean {
  return (
    isIP(host) !== 0 ||
    !/^(?:[^.]+|.*\.(?:localhost|local|internal|intranet|lan|home|corp|private|home\.arpa))\.?$/i.test(host)
  );
}

/** RFC 9111, section 4.2.1, of what a shared cache needs here. */
function maxAge(cacheControl: string | undefined, age: string | undefined): number {
  if (cacheControl === undefined) return defaultMaxAgeSeconds;
  if (/\bno-(?:store|cache)\b|\bprivate\b/i.test(cacheControl)) return 0;
  const seconds = /\bs-maxage="?(\d{1,9})/i.exec(cacheControl) ?? /\bmax-age="?(\d{1,9})/i.exec(cacheControl);
  if (seconds === null) return defaultMaxAgeSeconds;
  const left = Number(seconds[1]) - (Number(age) || 0);
  return Math.min(Math.max(left, 0), longestMaxAgeSeconds);
}
