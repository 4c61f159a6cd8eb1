import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { Log } from '../log.js';
import { peerOf } from './peer.js';

export interface AnsweredRequest {
  readonly method: string;
  /** The route's path, one of few; `other` when none matched. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/**
 * Gives every request an id (header `X-Request-Id`), logs its answer at debug and reports it to `observe`. A query never
 * reaches the log: it can hold codes and request ids.
 */
export function requestLog(log: Log, observe: ((answered: AnsweredRequest) => void) | undefined): RequestHandler {
  return (request, response, next) => {
    const startedMs = performance.now();
    const id = randomUUID();
    response.setHeader('X-Request-Id', id);
    response.locals['requestId'] = id;
    response.once('close', () => {
      const seconds = (performance.now() - startedMs) / 1_000;
      const { method } = request;
      const status = response.statusCode;
      log.debug('answered', {
        request: id,
        method,
        path: request.path.slice(0, 200),
        status: response.writableFinished ? status : 'cut off',
        ms: Math.round(seconds * 1_000),
        address: peerOf(request).address,
      });
      observe?.({ method, route: routeOf(request), status, seconds });
    });
    next();
  };
}

/** Logs a failure of ours, so that the id which its client was told finds it. */
export function logFailure(log: Log, response: Response, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  log.error('a request failed', { request: response.locals['requestId'], reason });
}

function routeOf(request: Request): string {
  const path: unknown = request.route?.path;
  if (typeof path === 'string') return path;
  return Array.isArray(path) ? '/.well-known' : 'other';
}
