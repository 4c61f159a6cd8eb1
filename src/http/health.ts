import { type RequestHandler, Router } from 'express';
import type { NotesStatus } from '../notes/notes.js';
import type { StoreHealth } from '../state/store/store.js';
import { methodNotAllowed } from './methods.js';

export interface Health {
  readonly state: Pick<StoreHealth, 'degraded' | 'since' | 'unread' | 'startedEmptyAt'>;
  readonly index: Pick<NotesStatus, 'ready'>;
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
    const notices = noticesOf(state);
    const told = notices.length === 0 ? indexed : { ...indexed, notices };
    if (!state.degraded) response.json({ status: 'ok', ...told });
    else response.status(503).json({ status: 'degraded', reasons: [reasonOf(state)], ...told });
  };
  const router = Router();
  router.route('/healthz').get(answer).all(methodNotAllowed('GET', 'HEAD'));
  return router;
}

/** Why is in the log: it names paths. */
function reasonOf({ since, unread }: Health['state']): string {
  return `the state is not ${unread === true ? 'read' : 'saved'}${since === undefined ? '' : ` since ${toIso(since)}`}`;
}

/** What an operator should know although the service is well. */
function noticesOf({ startedEmptyAt }: Health['state']): string[] {
  if (startedEmptyAt === undefined) return [];
  return [`the state file was damaged: started empty at ${toIso(startedEmptyAt)}`];
}

function toIso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
