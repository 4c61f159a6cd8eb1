import { type RequestHandler, Router } from 'express';
import type { IndexStatus } from '../search/search.js';
import type { StoreHealth } from '../state/store/store.js';
import { methodNotAllowed } from './methods.js';

export interface Health {
  readonly state: Pick<StoreHealth, 'degraded' | 'since'>;
  readonly index: Pick<IndexStatus, 'ready'>;
}

/** Serves `/healthz` for monitors: 200 `ok`, or 503 `degraded` with the reasons; no I/O and no secret. */
export function healthRoute(health: () => Health): Router {
  const answer: RequestHandler = (_request, response) => {
    const reasons = reasonsOf(health());
    if (reasons.length === 0) response.json({ status: 'ok' });
    else response.status(503).json({ status: 'degraded', reasons });
  };
  const router = Router();
  router.route('/healthz').get(answer).all(methodNotAllowed('GET', 'HEAD'));
  return router;
}

function reasonsOf({ state, index }: Health): string[] {
  const reasons: string[] = [];
  if (state.degraded) {
    // Why is in the log: it names paths, and everybody may ask here.
    const since = state.since === undefined ? '' : ` since ${new Date(state.since * 1_000).toISOString()}`;
    reasons.push(`the state is not saved${since}`);
  }
  if (!index.ready) reasons.push('the search index is not ready');
  return reasons;
}
