import express, { type ErrorRequestHandler, type RequestHandler, type Response, Router } from 'express';
import type { AuthorizationServer, FormFields } from '../oauth/authorization-server.js';
import { OAuthError, type OAuthErrorCode } from '../oauth/errors.js';
import { openidMembers } from '../oauth/metadata.js';
import { readCharset, readJson } from './json-body.js';
import { limitPerAddress } from './limits.js';
import { allowCrossOrigin, methodNotAllowed } from './methods.js';
import type { IssuerOf, PeerOf } from './peer.js';
import { requestFaultOf } from './request-fault.js';

export const oauthBodyLimitBytes = 16 * 1024;
const registrationsPerAddress = { requests: 60, windowSeconds: 15 * 60 };

/** RFC 8414, its OpenID Connect twin and RFC 9728: at the root, with the resource's path after it, and below that path. */
function wellKnownPaths(name: string, resourcePath: string): string[] {
  const root = `/.well-known/${name}`;
  return [...new Set([root, `${root}${resourcePath}`, `${resourcePath}${root}`])];
}

export interface OAuthRouteOptions {
  oauth: AuthorizationServer;
  peerOf: PeerOf;
  issuerOf: IssuerOf;
  rateLimit: boolean;
  /** Below the issuer; `/mcp` by default. */
  resourcePath?: string;
}

/** Serves metadata, `/register`, `/token` and `/revoke`: JSON answers, RFC 6749 errors. */
export function oauthRoutes({ oauth, peerOf, issuerOf, rateLimit, resourcePath = '/mcp' }: OAuthRouteOptions): Router {
  const pathsOf = (name: string) => wellKnownPaths(name, resourcePath);
  const router = Router();
  const serveDocument = (paths: string[], documentOf: (issuer: string) => Readonly<Record<string, unknown>>) =>
    router
      .route(paths)
      .all(allowCrossOrigin('GET', 'HEAD'))
      .get((request, response) => void response.json(documentOf(issuerOf(request))))
      .all(methodNotAllowed('GET', 'HEAD'));
  serveDocument(pathsOf('oauth-authorization-server'), (issuer) => oauth.metadata(issuer));
  serveDocument(pathsOf('openid-configuration'), (issuer) => ({
    ...oauth.metadata(issuer),
    ...openidMembers(issuer),
  }));
  serveDocument(pathsOf('oauth-protected-resource'), (issuer) => oauth.resourceMetadata(issuer));
  serveDocument(['/.well-known/jwks.json'], () => ({ keys: [] }));

  const register = router.route('/register').all(allowCrossOrigin('POST'));
  if (rateLimit) register.post(limitPerAddress(registrationsPerAddress, peerOf));
  register
    .post(requireType('application/json', 'invalid_client_metadata'), async (request, response) => {
      const metadata = await readJson(request, oauthBodyLimitBytes);
      response.status(201).json(await oauth.register(metadata, peerOf(request)));
    })
    .all(methodNotAllowed('POST'), answerOAuthErrors('invalid_client_metadata'));

  router
    .route('/token')
    .all(allowCrossOrigin('POST'))
    .post(...formBody, async (request, response) => {
      response.json(await oauth.token(request.body as FormFields, request.headers.authorization, peerOf(request)));
    })
    .all(methodNotAllowed('POST'), answerOAuthErrors('invalid_request'));

  router
    .route('/revoke')
    .all(allowCrossOrigin('POST'))
    .post(...formBody, async (request, response) => {
      await oauth.revoke(request.body as FormFields, request.headers.authorization, peerOf(request));
      response.status(200).end();
    })
    .all(methodNotAllowed('POST'), answerOAuthErrors('invalid_request'));
  return router;
}

/** RFC 6749, section 3.2: parameters come in a form body. */
const formBody: readonly RequestHandler[] = [
  requireType('application/x-www-form-urlencoded', 'invalid_request'),
  readCharset,
  express.urlencoded({ extended: false, limit: oauthBodyLimitBytes }),
];

function requireType(type: string, code: OAuthErrorCode): RequestHandler {
  return (request, _response, next) => {
    next(typeof request.is(type) === 'string' ? undefined : new OAuthError(code, `Send a body of type ${type}`));
  };
}

/** Answers OAuthError, and bodies that cannot be read (as `faultCode`), in the JSON of RFC 6749, section 5.2. */
function answerOAuthErrors(faultCode: OAuthErrorCode): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    if (error instanceof OAuthError) {
      // RFC 6749, section 5.2: the challenge matches the scheme that the client used.
      const usedBasic = /^basic(?: |$)/i.test(request.headers.authorization ?? '');
      if (error.code === 'invalid_client' && usedBasic) {
        response.set('WWW-Authenticate', 'Basic realm="vault-mcp", charset="UTF-8"');
      }
      setRetryAfter(response, error);
      response.status(error.status).json({ error: error.code, error_description: error.message });
      return;
    }
    const fault = requestFaultOf(error);
    if (fault === undefined) next(error);
    else response.status(fault.status).json({ error: faultCode, error_description: fault.message });
  };
}

/** Tells the client how many seconds to wait, when the failure says so. */
export function setRetryAfter(response: Response, error: OAuthError): void {
  if (error.retryAfterSeconds !== undefined) response.set('Retry-After', String(Math.ceil(error.retryAfterSeconds)));
}
