import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Audit } from '../audit.js';
import { sha256Hex } from '../hash.js';
import type { AuthorizationServer, Caller } from '../oauth/authorization-server.js';
import type { VerifyAccessAssertion } from '../oauth/cloudflare-access.js';
import { OAuthError } from '../oauth/errors.js';
import { fingerprint } from '../state/rules/summary.js';
import { sendJson } from './exchange.js';
import type { IssuerOf, PeerOf } from './peer.js';
import { requestIdOf } from './request-id.js';

export interface BearerCheckOptions {
  oauth: AuthorizationServer;
  access?: VerifyAccessAssertion | undefined;
  issuerOf: IssuerOf;
  peerOf: PeerOf;
  /** Records refused tokens. */
  audit: Audit;
}

/** Resolves with the caller, or with undefined after it has answered 401, or 503 while the logins cannot be read. */
export type CheckBearer = (request: IncomingMessage, response: ServerResponse) => Promise<Caller | undefined>;

/** Returns the check of who calls (RFC 6750, RFC 9728, Cloudflare Access). */
export function createBearerCheck({ oauth, access, issuerOf, peerOf, audit }: BearerCheckOptions): CheckBearer {
  return async (request, response) => {
    try {
      const caller = await callerOf(request, { oauth, access, peerOf });
      if (caller !== undefined) return caller;
      if (request.headers.authorization !== undefined) noteRefusal(request, peerOf, audit);
      challenge(request, response, oauth.resourceMetadataUrl(issuerOf(request)));
      return undefined;
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
  { oauth, access, peerOf }: Pick<BearerCheckOptions, 'oauth' | 'access' | 'peerOf'>,
): Promise<Caller | undefined> {
  const { authorization, 'cf-access-jwt-assertion': assertion } = request.headers;
  if (authorization !== undefined) {
    const token = bearerToken(request);
    const peer = () => peerOf(request);
    return token === undefined ? undefined : oauth.authenticateAfresh(token, peer);
  }
  return access !== undefined && typeof assertion === 'string' ? access(assertion, requestIdOf(request)) : undefined;
}

function noteRefusal(request: IncomingMessage, peerOf: PeerOf, audit: Audit): void {
  const token = bearerToken(request);
  const { requestId, address } = peerOf(request);
  audit({
    event: 'refused',
    credential: 'access_token',
    request: requestId,
    address,
    ...(token === undefined ? { reason: 'malformed' } : { presented: fingerprint(sha256Hex(token)) }),
  });
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
