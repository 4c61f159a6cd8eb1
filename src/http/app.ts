import type { RequestListener, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { VaultMcpError } from '../errors.js';
import type { Log } from '../log.js';
import type { McpEndpoint } from '../mcp/endpoint.js';
import type { AuthorizationServer } from '../oauth/authorization-server.js';
import type { VerifyAccessAssertion } from '../oauth/cloudflare-access.js';
import { approvalRoutes } from './approval-routes.js';
import { inTurn, type Step, sendJson } from './exchange.js';
import { type Health, healthPath, healthRoute } from './health.js';
import { createHostList, hostGuard, originGuard, otherUrlHint } from './hosts.js';
import { mcpRoute } from './mcp-route.js';
import { type Metrics, metricsRoute } from './metrics.js';
import { oauthRoutes } from './oauth-routes.js';
import { createPeerOf, forwardedGuard, type TrustProxy, untrustedProxyHint } from './peer.js';
import { requestFaultOf } from './request-fault.js';
import { logFailure, type RoutedRequest, requestLog } from './request-log.js';
import { createRequestTargets } from './request-target.js';
import { securityHeaders } from './security-headers.js';
import { welcomePage } from './welcome-page.js';

export interface AppOptions {
  /** The public URL without a trailing slash; every URL that is told to anybody begins with it, or with one that it includes. */
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

/**
 * Returns the whole HTTP side; throws VaultMcpError `invalid_trust_proxy`. Express alone costs as much as a tool call, so
 * `POST /mcp` takes the same steps without it.
 */
export function createApp(options: AppOptions): RequestListener {
  const { issuer, oauth, access, mcp, rateLimit, metrics, log } = options;
  const issuers = [issuer, ...(oauth?.formerIssuers ?? [])];
  const { normalise, issuerOf } = createRequestTargets(issuers);
  const isAllowedHost = createHostList(issuers, options.allowedHosts);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const isTrusted = trustProxies(app, options.trustProxy);
  const peerOf = createPeerOf(isTrusted, issuerOf);

  const guards = [
    requestLog(log, peerOf, metrics?.observe),
    securityHeaders(issuer),
    hostGuard(isAllowedHost, healthPath, log),
    ...(oauth === undefined ? [forwardedGuard(log)] : [untrustedProxyHint(isTrusted, log), otherUrlHint(issuers, log)]),
  ];
  const fromAllowedOrigin = originGuard(isAllowedHost);
  const serveMcp = mcpRoute({ mcp, oauth, access, issuerOf });
  const answerFailure = answerUnexpected(log);

  app.use(guards);
  // Browsers come to the pages from anywhere; the form there has a guard of its own.
  app.use(welcomePage({ needsLogin: oauth !== undefined, issuerOf }));
  if (oauth !== undefined) app.use(approvalRoutes({ oauth, peerOf, issuerOf, rateLimit, log }));
  app.use(fromAllowedOrigin);
  app.all('/mcp', serveMcp);
  if (oauth !== undefined) app.use(oauthRoutes({ oauth, peerOf, issuerOf, rateLimit }));
  app.use(healthRoute(options.health));
  if (metrics !== undefined) app.use(metricsRoute(metrics));
  app.use(notFound);
  app.use(((error, _request, response, _next) => answerFailure(error, response)) satisfies ErrorRequestHandler);

  const answerMcpPost = inTurn([...guards, fromAllowedOrigin, routed, serveMcp], answerFailure);
  return (request, response) => {
    normalise(request);
    if (request.method === 'POST' && /^\/mcp(?:\?|$)/.test(request.url ?? '')) answerMcpPost(request, response);
    else app(request, response);
  };
}

/** Tells the log what Express tells it of its own routes. */
const routed: Step = (request: RoutedRequest, _response, next) => {
  request.route = { path: '/mcp' };
  next();
};

function trustProxies(app: Express, trustProxy: readonly string[]): TrustProxy {
  try {
    app.set('trust proxy', [...trustProxy]);
  } catch (cause) {
    throw new VaultMcpError('invalid_trust_proxy', `not an address or range of a proxy: ${trustProxy.join(', ')}`, {
      cause,
      hint: 'name addresses (10.0.0.2), ranges (10.0.0.0/8), loopback, linklocal or uniquelocal',
    });
  }
  return app.get('trust proxy fn') as TrustProxy;
}

const notFound: Step = (_request, response) => {
  sendJson(response, 404, { error: 'not_found', error_description: 'There is nothing here; MCP is served at /mcp.' });
};

/** The last resort: JSON without a stack; what is ours is logged, and the request's id finds it there. */
function answerUnexpected(log: Log): (error: unknown, response: ServerResponse) => void {
  return (error, response) => {
    const fault = requestFaultOf(error);
    if (fault === undefined) logFailure(log, response, error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (fault !== undefined) {
      sendJson(response, fault.status, { error: 'invalid_request', error_description: fault.message });
      return;
    }
    sendJson(response, 500, { error: 'server_error', error_description: 'The server failed; its log says why.' });
  };
}
