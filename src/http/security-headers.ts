import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Sets the headers of every answer; pages replace the policies by their own. */
export function securityHeaders(issuer: string): RequestHandler {
  return helmet({
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
}

/** Nothing here may be kept by a cache: answers carry tokens, or change with the configuration. */
export const neverCached: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store');
  next();
};
