import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';
import type { Step } from './exchange.js';

/** Sets the headers of every answer; pages replace the policies by their own. */
export function securityHeaders(issuer: string): Step {
  const headers = Object.entries(headersOf(issuer)) as [name: string, value: string][];
  return (_request, response, next) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    next();
  };
}

/** None of them depends on a request, so helmet is asked once. */
function headersOf(issuer: string): Record<string, unknown> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const setHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], frameAncestors: ["'none'"] },
    },
    // It would cut the tie between a client's window and the popup that it opened for the login.
    crossOriginOpenerPolicy: false,
    frameguard: { action: 'deny' },
    // Other names below the issuer's host are not ours to decide about.
    strictTransportSecurity: issuer.startsWith('https:')
      ? { maxAge: 365 * 24 * 3600, includeSubDomains: false }
      : false,
  });
  setHeaders(request, response, () => {});
  // Nothing here may be kept by a cache: answers carry tokens, or change with the configuration.
  return { ...response.getHeaders(), 'cache-control': 'no-store' };
}
