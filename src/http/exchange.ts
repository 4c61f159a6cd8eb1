import type { IncomingMessage, ServerResponse } from 'node:http';

/** One middleware step. It needs only node:http, so it works inside and outside of Express. */
export type Step = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** Sends `body` as JSON and ends the answer. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}

/** Returns a listener that runs the steps in order. What a step throws or passes on goes to `fail`. */
export function inTurn(
  steps: readonly Step[],
  fail: (error: unknown, response: ServerResponse) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    let taken = 0;
    const next = (error?: unknown) => {
      const step = steps[taken++];
      if (error !== undefined || step === undefined) {
        fail(error, response);
        return;
      }
      try {
        step(request, response, next);
      } catch (thrown) {
        fail(thrown, response);
      }
    };
    next();
  };
}
