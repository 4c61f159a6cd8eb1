import { type RequestHandler, Router } from 'express';
import type { NotesStatus } from '../notes/notes.js';
import type { StoreHealth } from '../state/store/store.js';
import { methodNotAllowed } from './methods.js';

export interface Health {
  readonly state: Pick<StoreHealth, 'degraded' | 'advice' | 'since' | 'unread' | 'startedEmptyAt'>;
  readonly index: Pick<NotesStatus, 'ready'>;
}

/** Returns a letter for each ID. */
export type DescribeKnown = (ids: readonly string[]) => Promise<string>;

const longestQuestion = 4_000;

/** Answers any Host: probes of containers and load balancers send an address, or nothing. */
export const healthPath = /^\/healthz\/?(?:\?|$)/;

/**
 * Serves `/healthz` for monitors: 200 `ok`, or 503 `degraded` with the reasons; no I/O and nothing that a stranger may not
 * read. It is about logins: the search index, which is built beside them, is a field. With `?known=ID,ID` it tells what
 * the state has of each, for the commands: only who has read the state file knows such IDs.
 */
export function healthRoute(health: () => Health, describeKnown?: DescribeKnown): Router {
  const answer: RequestHandler = async (request, response) => {
    const { state, index } = health();
    const indexed = { index: index.ready ? 'ready' : 'building' };
    const notices = noticesOf(state);
    const { known } = request.query;
    const asked = typeof known === 'string' && known.length < longestQuestion ? known.split(',') : undefined;
    const told = {
      ...indexed,
      ...(notices.length === 0 ? {} : { notices }),
      ...(asked === undefined || describeKnown === undefined ? {} : { known: await describeKnown(asked) }),
    };
    if (!state.degraded) response.json({ status: 'ok', ...told });
    else response.status(503).json({ status: 'degraded', reasons: [reasonOf(state)], ...told });
  };
  const router = Router();
  router.route('/healthz').get(answer).all(methodNotAllowed('GET', 'HEAD'));
  return router;
}

/** Why is in the log: it names paths. */
function reasonOf({ advice, since, unread }: Health['state']): string {
  const what = `the state is not ${unread === true ? 'read' : 'saved'}${since === undefined ? '' : ` since ${toIso(since)}`}`;
  return advice === undefined ? what : `${what}: ${advice}`;
}

/** What an operator should know although the service is well. */
function noticesOf({ startedEmptyAt }: Health['state']): string[] {
  if (startedEmptyAt === undefined) return [];
  return [`the state file was damaged: started empty at ${toIso(startedEmptyAt)}`];
}

function toIso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
