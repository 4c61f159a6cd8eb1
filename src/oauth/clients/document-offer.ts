import type { Log } from '../../log.js';
import { FetchError, type FetchJson } from './guarded-fetch.js';

const hourMs = 3_600_000;
const firstRetryMs = 60_000;
const soonestRecheckMs = 30_000;
const probeBytes = 64 * 1024;

/** Documents of common clients. If one of these answers, outbound https works. */
const probedUrls = [
  'https://claude.ai/oauth/claude-code-client-metadata',
  'https://vscode.dev/oauth/client-metadata.json',
  'https://chatgpt.com/',
];

/** `off`: the operator said so. `no_way_out`: the last probe of outbound https failed. `unknown`: none has ended yet. */
export type OfferState = 'offered' | 'off' | 'no_way_out' | 'unknown';

/** Whether the metadata promise Client ID Metadata Documents: clients that see it use them and nothing else. */
export interface DocumentOffer {
  isOffered(): boolean;
  state(): OfferState;
  /** Probes again, but at most every 30 s. For a caller whose fetch has just failed. Never rejects. */
  recheck(): Promise<void>;
}

export const alwaysOffered: DocumentOffer = {
  isOffered: () => true,
  state: () => 'offered',
  recheck: async () => {},
};
export const neverOffered: DocumentOffer = { isOffered: () => false, state: () => 'off', recheck: async () => {} };

export interface OfferProbeOptions {
  readonly fetchJson: FetchJson;
  readonly log: Log;
  /** True to offer them always. The probe is then only for the log and the page. */
  readonly always?: boolean;
  /** In milliseconds of a clock that never jumps; defaults to performance.now. */
  readonly nowMs?: () => number;
}

/** Returns an offer that is true while outbound https works. It is probed now, every hour, and sooner after a failure. `close` ends it. */
export function startOfferProbe(options: OfferProbeOptions): DocumentOffer & { close(): void } {
  const { fetchJson, log, always = false } = options;
  const nowMs = options.nowMs ?? (() => performance.now());
  let state: OfferState = 'unknown';
  let timer: NodeJS.Timeout | undefined;
  let retryMs = firstRetryMs;
  let probedAtMs = 0;
  let running: Promise<void> | undefined;
  let isClosed = false;

  async function probe(): Promise<void> {
    let reason = '';
    let hasWayOut = false;
    for (const url of probedUrls) {
      try {
        await fetchJson(new URL(url), probeBytes, 'approved');
        hasWayOut = true;
      } catch (error) {
        if (!(error instanceof FetchError)) throw error;
        hasWayOut = error.wasAnswered;
        reason = error.message;
      }
      if (hasWayOut) break;
    }
    settle(hasWayOut, reason);
  }

  function settle(hasWayOut: boolean, reason: string): void {
    const before = state;
    state = hasWayOut ? 'offered' : 'no_way_out';
    probedAtMs = nowMs();
    if (isClosed) return;
    if (!hasWayOut && before !== 'no_way_out') {
      const [consequence, advice] = always
        ? ['apps that such a document describes cannot log in', 'or let --client-documents be auto']
        : [
            'client ID metadata documents are not offered',
            'or --client-documents off; apps register themselves instead',
          ];
      const hint = `set HTTPS_PROXY, ${advice}`;
      log.warn(`outbound https does not work: ${consequence}`, { reason, hint });
    } else if (hasWayOut && before === 'no_way_out') {
      log.info('outbound https works again, for client ID metadata documents');
    }
    const waitMs = hasWayOut ? hourMs : retryMs;
    retryMs = hasWayOut ? firstRetryMs : Math.min(retryMs * 2, hourMs);
    clearTimeout(timer);
    timer = setTimeout(() => void run(), waitMs).unref();
  }

  function run(): Promise<void> {
    running ??= probe().finally(() => {
      running = undefined;
    });
    return running;
  }

  void run();
  return {
    isOffered: () => always || state === 'offered',
    state: () => state,
    recheck: async () => {
      if (state === 'unknown' || nowMs() - probedAtMs >= soonestRecheckMs) await run();
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
