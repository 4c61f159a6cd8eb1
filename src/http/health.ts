import { type RequestHandler, Router } from 'express';
import type { IndexStatus } from '../search/search.js';
import type { StoreHealth } from '../state/store/store.js';
import { methodNotAllowed } from './methods.js';

export interface Health {
  readonly state: Pick<StoreHealth, 'degraded' | 'since'>;
  readonly index: Pick<IndexStatus, 'ready'>;
}

/** Whoever asks, under whatever Host: probes of containers and load balancers name an address, or nothing. */
export const healthPath = /^\/healthz\/?(?:\?|$)/;

/**
 * Serves `/healthz` for monitors: 200 `ok`, or 503 `degraded` with the reasons; no I/O and nothing that a stranger may not
 * read. It is about logins: the search index, which is built beside them, is a field.
 */
export function healthRoute(health: () => Health): Router {
  const answer: RequestHandler = (_request, response) => {
    const { state, index } = health();
    const indexed = { index: index.ready ? 'ready' : 'building' };
    if (!state.degraded) response.json({ status: 'ok', ...indexed });
    else response.status(503).json({ status: 'degraded', reasons: [reasonOf(state)], ...indexed });
  };
  const router = Router();
  router.route('/healthz').get(answer).all(methodNotAllowed('GET', 'HEAD'));
  return router;
}

/** Why is in the log: it names paths. */
function reasonOf({ since }: Health['state']): string {
  return `the state is not saved${since === undefined ? '' : ` since ${new Date(since * 1_000).toISOString()}`}`;
}
