import type { IncomingMessage } from 'node:http';
import { type ErrorRequestHandler, type RequestHandler, type Response, Router } from 'express';
import type { Caller, McpEndpoint } from '../mcp/endpoint.js';
import type { AuthorizationServer } from '../oauth/authorization-server.js';
import type { VerifyAccessAssertion } from '../oauth/cloudflare-access.js';
import { jsonBody } from './json-body.js';
import { allowCrossOrigin } from './methods.js';
import { requestFaultOf } from './request-fault.js';
import { scopeChallenge } from './scope-challenge.js';

const bodyLimitBytes = 4 * 1024 * 1024;

/** Everybody, on a server that runs without authentication. */
const localCaller: Caller = { clientId: 'local', scopes: ['vault:read', 'vault:write'] };

export interface McpRouteOptions {
  mcp: McpEndpoint;
  /** Undefined serves everybody. */
  oauth: AuthorizationServer | undefined;
  access: VerifyAccessAssertion | undefined;
}

/** Serves `/mcp`: CORS, then who calls (RFC 6750, RFC 9728, Cloudflare Access), then the body, then the endpoint. */
export function mcpRoute({ mcp, oauth, access }: McpRouteOptions): Router {
  const router = Router();
  const route = router
    .route('/mcp')
    .all(allowCrossOrigin('GET', 'POST', 'DELETE'))
    .all(oauth === undefined ? admitEverybody : authenticate(oauth, access))
    .all(postOnly, someBody)
    .all(jsonBody(bodyLimitBytes, () => true));
  if (oauth !== undefined) route.all(scopeChallenge(oauth.resourceMetadataUrl));
  route
    .all(async (request, response) => {
      normaliseHeaders(request);
      await mcp.handle(request, response, request.body, response.locals['caller'] as Caller);
    })
    .all(answerBodyErrors);
  return router;
}

const admitEverybody: RequestHandler = (_request, response, next) => {
  response.locals['caller'] = localCaller;
  next();
};

function authenticate(oauth: AuthorizationServer, access: VerifyAccessAssertion | undefined): RequestHandler {
  const resourceMetadata = `resource_metadata="${oauth.resourceMetadataUrl}"`;
  return async (request, response, next) => {
    const header = request.headers.authorization;
    const assertion = request.headers['cf-access-jwt-assertion'];
    let caller: Caller | undefined;
    if (header !== undefined) {
      const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(header)?.[1];
      if (token !== undefined) caller = oauth.authenticate(token);
    } else if (access !== undefined && typeof assertion === 'string') {
      caller = await access(assertion);
    }
    if (caller !== undefined) {
      response.locals['caller'] = caller;
      next();
      return;
    }
    response.status(401);
    // RFC 6750, section 3.1: a request without any authentication information gets no error code.
    if (header === undefined) {
      response.set('WWW-Authenticate', `Bearer ${resourceMetadata}`);
      response.json({ error: 'unauthorized', error_description: 'Send an access token: Authorization: Bearer …' });
      return;
    }
    const description = 'The access token is malformed, unknown, expired or revoked';
    response.set(
      'WWW-Authenticate',
      `Bearer error="invalid_token", error_description="${description}", ${resourceMetadata}`,
    );
    response.json({ error: 'invalid_token', error_description: `${description}.` });
  };
}

/** A stateless server has no stream to GET and no session to DELETE (MCP, Streamable HTTP). */
const postOnly: RequestHandler = (request, response, next) => {
  if (request.method === 'POST') {
    next();
    return;
  }
  response.set('Allow', 'POST');
  answerRpcError(response, 405, -32000, 'Method not allowed: POST JSON-RPC messages here');
};

const someBody: RequestHandler = (request, response, next) => {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  if (encoding !== undefined || length !== '0') next();
  else answerRpcError(response, 400, -32700, 'Parse error: the body is empty');
};

/** Clients name one type, or none, or the session of a server that has been restarted: none of it matters here. */
function normaliseHeaders(request: IncomingMessage): void {
  request.headers.accept = 'application/json, text/event-stream';
  delete request.headers['mcp-session-id'];
  const { rawHeaders } = request;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2) {
    const name = rawHeaders[i]?.toLowerCase();
    if (name === 'accept' || name === 'mcp-session-id') rawHeaders.splice(i, 2);
  }
  rawHeaders.push('Accept', request.headers.accept);
}

const answerBodyErrors: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const fault = requestFaultOf(error);
  if (fault === undefined || response.headersSent) next(error);
  else if (fault.kind === 'syntax') answerRpcError(response, 400, -32700, 'Parse error: the body is not JSON');
  else if (fault.kind === 'size') answerRpcError(response, 413, -32600, `The body is over ${bodyLimitBytes} bytes`);
  else answerRpcError(response, fault.status, -32600, fault.message);
};

function answerRpcError(response: Response, status: number, code: number, message: string): void {
  response.status(status).json({ jsonrpc: '2.0', id: null, error: { code, message } });
}
