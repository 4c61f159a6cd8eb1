import type { Log } from '../../../log.js';

/** What an endpoint is asked for: with little time for a query, with more for notes. */
export type Use = 'query' | 'notes';

/** Knows when an endpoint is not to be asked, and logs one line when it fails and one when it is back. */
export interface Outages {
  /** How long not to ask, in ms; 0 when it may be asked. */
  pauseMs(use: Use): number;
  failed(use: Use, reason: string): void;
  /** It answered; one that was quick enough for a query is well for all uses. */
  answered(use: Use, isQuick: boolean): void;
}

const minPauseMs = 1000;
const maxPauseMs = 60_000;

export function createOutages(log: Log, url: string): Outages {
  const outages = new Map<Use, { pauseMs: number; until: number }>();
  return {
    pauseMs: (use) => Math.max(0, (outages.get(use)?.until ?? 0) - performance.now()),
    failed(use, reason) {
      if (outages.size === 0) {
        log.warn('the embeddings endpoint fails; search works without its model', { url, for: use, reason });
      }
      const pauseMs = Math.min(maxPauseMs, (outages.get(use)?.pauseMs ?? minPauseMs / 2) * 2);
      outages.set(use, { pauseMs, until: performance.now() + pauseMs });
    },
    answered(use, isQuick) {
      if (outages.size === 0) return;
      if (isQuick) outages.clear();
      else outages.delete(use);
      if (outages.size === 0) log.info('the embeddings endpoint answers again', { url });
    },
  };
}
