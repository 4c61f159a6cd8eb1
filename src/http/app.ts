import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { VaultMcpError } from '../errors.js';
import type { Log } from '../log.js';
import type { McpEndpoint } from '../mcp/endpoint.js';
import type { AuthorizationServer } from '../oauth/authorization-server.js';
import type { VerifyAccessAssertion } from '../oauth/cloudflare-access.js';
import { approvalRoutes } from './approval-routes.js';
import { type Health, healthRoute } from './health.js';
import { createHostList, hostGuard, originGuard } from './hosts.js';
import { mcpRoute } from './mcp-route.js';
import { type Metrics, metricsRoute } from './metrics.js';
import { oauthRoutes } from './oauth-routes.js';
import { forwardedGuard, untrustedProxyHint } from './peer.js';
import { requestFaultOf } from './request-fault.js';
import { logFailure, requestLog } from './request-log.js';
import { neverCached, securityHeaders } from './security-headers.js';

export interface AppOptions {
  /** The public URL without a trailing slash; every URL that is told to anybody begins with it, never with a Host header. */
  issuer: string;
  /** Undefined serves everybody who connects from this machine, without any login. */
  oauth: AuthorizationServer | undefined;
  access?: VerifyAccessAssertion;
  mcp: McpEndpoint;
  /** Values of the Host header, beside loopback and the issuer's. */
  allowedHosts: readonly string[];
  /** Proxies whose X-Forwarded-For counts: addresses, ranges, `loopback`, `linklocal`, `uniquelocal`. */
  trustProxy: readonly string[];
  rateLimit: boolean;
  health: () => Health;
  metrics?: Metrics;
  log: Log;
}

/** Returns the whole HTTP side as an Express app; throws VaultMcpError `invalid_trust_proxy`. */
export function createApp(options: AppOptions): Express {
  const { issuer, oauth, access, mcp, metrics, log } = options;
  const isAllowedHost = createHostList(issuer, options.allowedHosts);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const isTrusted = trustProxies(app, options.trustProxy);

  app.use(requestLog(log, metrics?.observe));
  app.use(securityHeaders(issuer), neverCached);
  app.use(hostGuard(isAllowedHost, log));
  app.use(oauth === undefined ? forwardedGuard(log) : untrustedProxyHint(isTrusted, log));
  // Browsers come to the pages from anywhere; the form there has a guard of its own.
  if (oauth !== undefined) app.use(approvalRoutes(oauth, options.rateLimit, log));
  app.use(originGuard(isAllowedHost));
  app.use(mcpRoute({ mcp, oauth, access }));
  if (oauth !== undefined) app.use(oauthRoutes(oauth, options.rateLimit));
  app.use(healthRoute(options.health));
  if (metrics !== undefined) app.use(metricsRoute(metrics));
  app.use(notFound);
  app.use(answerUnexpected(log));
  return app;
}

function trustProxies(app: Express, trustProxy: readonly string[]): (address: string, hop: number) => boolean {
  try {
    app.set('trust proxy', [...trustProxy]);
  } catch (cause) {
    throw new VaultMcpError('invalid_trust_proxy', `not an address or range of a proxy: ${trustProxy.join(', ')}`, {
      cause,
      hint: 'name addresses (10.0.0.2), ranges (10.0.0.0/8), loopback, linklocal or uniquelocal',
    });
  }
  return app.get('trust proxy fn') as (address: string, hop: number) => boolean;
}

const notFound: RequestHandler = (_request, response) => {
  response.status(404).json({ error: 'not_found', error_description: 'There is nothing here; MCP is served at /mcp.' });
};

/** The last resort: JSON without a stack; what is ours is logged, and the request's id finds it there. */
function answerUnexpected(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const fault = requestFaultOf(error);
    if (fault === undefined) logFailure(log, response, error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (fault !== undefined) {
      response.status(fault.status).json({ error: 'invalid_request', error_description: fault.message });
      return;
    }
    response.status(500).json({ error: 'server_error', error_description: 'The server failed; its log says why.' });
  };
}
