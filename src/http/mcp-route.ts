import express, { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import type { Caller, McpEndpoint } from '../mcp/endpoint.js';
import type { AuthorizationServer } from '../oauth/authorization-server.js';

const bodyLimitBytes = 4 * 1024 * 1024;

/** Everybody, on a server that runs without authentication. */
const localCaller: Caller = { clientId: 'local', scopes: ['vault:read', 'vault:write'] };

/** Serves `/mcp`: CORS, then the bearer token (RFC 6750, RFC 9728), then the body, then the endpoint. */
export function mcpRoute(mcp: McpEndpoint, oauth: AuthorizationServer | undefined): Router {
  const router = Router();
  router.use('/mcp', allowCrossOrigin);
  router.use('/mcp', authenticate(oauth));
  router.post('/mcp', express.json({ limit: bodyLimitBytes, strict: false, type: () => true }));
  router.all('/mcp', async (request, response) => {
    await mcp.handle(request, response, request.body, response.locals['caller'] as Caller);
  });
  router.use('/mcp', answerBodyErrors);
  return router;
}

const allowCrossOrigin: RequestHandler = (request, response, next) => {
  response.set({
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': 'WWW-Authenticate, Mcp-Session-Id, Mcp-Protocol-Version',
  });
  if (request.method !== 'OPTIONS') {
    next();
    return;
  }
  response.set({
    'Access-Control-Allow-Methods': 'GET, POST, DELETE',
    'Access-Control-Allow-Headers': request.get('access-control-request-headers') ?? 'Authorization, Content-Type',
    'Access-Control-Max-Age': '600',
    Vary: 'Access-Control-Request-Headers',
  });
  response.status(204).end();
};

function authenticate(oauth: AuthorizationServer | undefined): RequestHandler {
  return (request, response, next) => {
    const header = request.headers.authorization;
    const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(header ?? '')?.[1];
    const caller = oauth === undefined ? localCaller : token === undefined ? undefined : oauth.authenticate(token);
    if (caller !== undefined) {
      response.locals['caller'] = caller;
      next();
      return;
    }
    const resourceMetadata = `resource_metadata="${oauth?.resourceMetadataUrl}"`;
    response.status(401).set('Cache-Control', 'no-store');
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

const answerBodyErrors: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const type = error instanceof Error && 'type' in error ? error.type : undefined;
  if (response.headersSent || typeof type !== 'string') {
    next(error);
    return;
  }
  const answer = (status: number, code: number, message: string) =>
    response.status(status).json({ jsonrpc: '2.0', id: null, error: { code, message } });
  if (type === 'entity.parse.failed') answer(400, -32700, 'Parse error: the body is not JSON');
  else if (type === 'entity.too.large') answer(413, -32600, `The body is over ${bodyLimitBytes} bytes`);
  else answer(400, -32600, 'The body cannot be read');
};
