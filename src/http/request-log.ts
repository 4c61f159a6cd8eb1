import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../log.js';
import type { Step } from './exchange.js';
import type { PeerOf } from './peer.js';
import { requestIdOf } from './request-id.js';

/** What Express leaves at a request whose route it found. */
export interface RoutedRequest extends IncomingMessage {
  route?: { readonly path?: unknown };
}

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
export function requestLog(log: Log, peerOf: PeerOf, observe: ((answered: AnsweredRequest) => void) | undefined): Step {
  return (request, response, next) => {
    const startedMs = performance.now();
    const id = requestIdOf(request);
    const { method = '', url = '' } = request;
    response.setHeader('X-Request-Id', id);
    response.once('close', () => {
      const seconds = (performance.now() - startedMs) / 1_000;
      const status = response.statusCode;
      if (log.isDebug !== false) {
        log.debug('answered', {
          request: id,
          method,
          path: pathOf(url).slice(0, 200),
          status: response.writableFinished ? status : 'cut off',
          ms: Math.round(seconds * 1_000),
          address: peerOf(request).address,
        });
      }
      observe?.({ method, route: routeOf(request), status, seconds });
    });
    next();
  };
}

/** Logs a failure of the server with the request ID that its client got. */
export function logFailure(log: Log, response: ServerResponse, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  log.error('a request failed', { request: requestIdOf(response.req), reason });
}

function routeOf(request: RoutedRequest): string {
  const path = request.route?.path;
  if (typeof path === 'string') return path;
  return Array.isArray(path) ? '/.well-known' : 'other';
}

/** A target may be a whole URL (RFC 9112, section 3.2.2), user and password included. */
function pathOf(target: string): string {
  return /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(target)?.[1] ?? '';
}
