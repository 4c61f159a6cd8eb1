import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthorizationServer, Caller } from '../oauth/authorization-server.js';
import type { VerifyAccessAssertion } from '../oauth/cloudflare-access.js';
import { OAuthError } from '../oauth/errors.js';
import { sendJson } from './exchange.js';
import type { IssuerOf } from './peer.js';
import { requestIdOf } from './request-id.js';

export interface BearerCheckOptions {
  oauth: AuthorizationServer;
  access?: VerifyAccessAssertion | undefined;
  issuerOf: IssuerOf;
}

/** Resolves with who calls; with undefined after it has answered 401, or 503 while the logins cannot be read. */
export type CheckBearer = (request: IncomingMessage, response: ServerResponse) => Promise<Caller | undefined>;

/** Returns the check of who calls (RFC 6750, RFC 9728, Cloudflare Access). */
export function createBearerCheck({ oauth, access, issuerOf }: BearerCheckOptions): CheckBearer {
  return async (request, response) => {
    try {
      const caller = await callerOf(request, oauth, access);
      if (caller === undefined) challenge(request, response, oauth.resourceMetadataUrl(issuerOf(request)));
      return caller;
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      if (error.retryAfterSeconds !== undefined) response.setHeader('Retry-After', error.retryAfterSeconds);
      sendJson(response, error.status, { error: error.code, error_description: error.message });
      return undefined;
    }
  };
}

/** Returns the access token that a request carries, or undefined. */
export function bearerToken({ headers }: IncomingMessage): string | undefined {
  return /^Bearer +([\w.~+/-]+=*) *$/i.exec(headers.authorization ?? '')?.[1];
}

async function callerOf(
  request: IncomingMessage,
  oauth: AuthorizationServer,
  access: VerifyAccessAssertion | undefined,
): Promise<Caller | undefined> {
  const { authorization, 'cf-access-jwt-assertion': assertion } = request.headers;
  if (authorization !== undefined) {
    const token = bearerToken(request);
    return token === undefined ? undefined : (oauth.authenticate(token) ?? oauth.authenticateAfresh(token));
  }
  return access !== undefined && typeof assertion === 'string' ? access(assertion, requestIdOf(request)) : undefined;
}

function challenge({ headers }: IncomingMessage, response: ServerResponse, resourceMetadataUrl: string): void {
  const resourceMetadata = `resource_metadata="${resourceMetadataUrl}"`;
  // RFC 6750, section 3.1: a request without any authentication information gets no error code.
  if (headers.authorization === undefined) {
    response.setHeader('WWW-Authenticate', `Bearer ${resourceMetadata}`);
    sendJson(response, 401, {
      error: 'unauthorized',
      error_description: 'Send an access token: Authorization: Bearer …',
    });
    return;
  }
  const description = 'The access token is malformed, unknown, expired or revoked';
  response.setHeader(
    'WWW-Authenticate',
    `Bearer error="invalid_token", error_description="${description}", ${resourceMetadata}`,
  );
  sendJson(response, 401, { error: 'invalid_token', error_description: `${description}.` });
}
