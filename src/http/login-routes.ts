import type { ErrorRequestHandler } from 'express';
import { createAudit } from '../audit.js';
import type { AuthorizationServer } from '../oauth/authorization-server.js';
import { type ApprovalRoutes, approvalRoutes } from './approval-routes.js';
import { type CheckBearer, createBearerCheck } from './bearer.js';
import type { Consent } from './consent.js';
import type { Step } from './exchange.js';
import { createFront, type FrontOptions } from './front.js';
import { oauthRoutes } from './oauth-routes.js';
import type { IssuerOf, PeerOf } from './peer.js';

export interface LoginRoutesOptions extends Omit<FrontOptions, 'openPath' | 'observe' | 'oauth'> {
  oauth: AuthorizationServer;
  consent: Consent;
  /** Below the issuer, with a slash in front; empty for the issuer itself. */
  resourcePath: string;
  rateLimit: boolean;
  /** False when other code serves the endpoints and the metadata. Then only the approval page is served. */
  endpoints: boolean;
}

/** The logins' part of somebody else's server. */
export interface LoginRoutes {
  /** Answers requests for the authorization server, and passes on all others. */
  readonly routes: Step;
  readonly checkBearer: CheckBearer;
  readonly issuerOf: IssuerOf;
  readonly peerOf: PeerOf;
  readonly authorize: ApprovalRoutes['authorize'];
}

const noPath = /(?!)/;
const endpointPath = /^\/(?:authorize|register|token|revoke)\/?$/i;
const pagePath = /^\/oauth\/approve\/?$/i;
const metadataPath =
  /\/\.well-known\/(?:oauth-authorization-server|openid-configuration|oauth-protected-resource|jwks\.json)(?:\/|$)/i;

/** Returns the routes of an authorization server within another application; throws VaultMcpError `invalid_trust_proxy`. */
export function createLoginRoutes(options: LoginRoutesOptions): LoginRoutes {
  const { oauth, consent, resourcePath, rateLimit, endpoints, log } = options;
  const front = createFront({ ...options, openPath: noPath });
  const { app, normalise, issuerOf, peerOf, guards, fromAllowedOrigin, answerFailure } = front;
  const pages = approvalRoutes({ oauth, peerOf, issuerOf, rateLimit, consent, log });
  app.use([...guards], pages.router);
  if (endpoints) app.use(fromAllowedOrigin, oauthRoutes({ oauth, peerOf, issuerOf, rateLimit, resourcePath }));
  app.use(((error, _request, response, _next) => answerFailure(error, response)) satisfies ErrorRequestHandler);
  const isOurs = (path: string) =>
    pagePath.test(path) || (endpoints && (endpointPath.test(path) || metadataPath.test(path)));
  return {
    routes: (request, response, next) => {
      normalise(request);
      const path = /^[^?#]*/.exec(request.url ?? '')?.[0] ?? '';
      if (isOurs(path)) app(request as never, response as never, next);
      else next();
    },
    checkBearer: createBearerCheck({ oauth, issuerOf, peerOf, audit: createAudit({ log }) }),
    issuerOf,
    peerOf,
    authorize: pages.authorize,
  };
}
