import type { RequestListener } from 'node:http';
import type { ErrorRequestHandler } from 'express';
import { type Audit, createAudit } from '../audit.js';
import type { Log } from '../log.js';
import type { McpEndpoint } from '../mcp/endpoint.js';
import type { AuthorizationServer } from '../oauth/authorization-server.js';
import type { VerifyAccessAssertion } from '../oauth/cloudflare-access.js';
import { approvalRoutes } from './approval-routes.js';
import { vaultConsent } from './consent.js';
import { inTurn, type Step, sendJson } from './exchange.js';
import { createFront } from './front.js';
import { type DescribeKnown, type Health, healthPath, healthRoute } from './health.js';
import { otherUrlHint } from './hosts.js';
import { mcpRoute } from './mcp-route.js';
import { type Metrics, metricsRoute } from './metrics.js';
import { oauthRoutes } from './oauth-routes.js';
import type { RoutedRequest } from './request-log.js';
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
  /** For `/healthz?known=`; not answered without. */
  describeKnown?: DescribeKnown;
  metrics?: Metrics;
  /** Records refused access tokens; by default as lines of the log. */
  audit?: Audit;
  log: Log;
}

/**
 * Returns the whole HTTP app; throws VaultMcpError `invalid_trust_proxy`. Express alone costs as much as a tool call, so
 * `POST /mcp` runs the same steps without Express.
 */
export function createApp(options: AppOptions): RequestListener {
  const { issuer, oauth, access, mcp, rateLimit, metrics, log } = options;
  const front = createFront({ ...options, openPath: healthPath, observe: metrics?.observe });
  const { app, normalise, issuerOf, peerOf, fromAllowedOrigin, answerFailure } = front;
  const guards = [...front.guards];
  if (oauth !== undefined) guards.push(otherUrlHint([issuer, ...oauth.formerIssuers], log));
  const { audit = createAudit({ log }) } = options;
  const serveMcp = mcpRoute({ mcp, oauth, access, issuerOf, peerOf, audit });

  app.use(guards);
  // Browsers may open the pages from any site; the form has its own check of the origin.
  app.use(welcomePage({ needsLogin: oauth !== undefined, issuerOf }));
  if (oauth !== undefined) {
    app.use(approvalRoutes({ oauth, peerOf, issuerOf, rateLimit, consent: vaultConsent, log }).router);
  }
  app.use(fromAllowedOrigin);
  app.all('/mcp', serveMcp);
  if (oauth !== undefined) app.use(oauthRoutes({ oauth, peerOf, issuerOf, rateLimit }));
  app.use(healthRoute(options.health, options.describeKnown));
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

/** Logs what Express reports about its own routes. */
const routed: Step = (request: RoutedRequest, _response, next) => {
  request.route = { path: '/mcp' };
  next();
};

const notFound: Step = (_request, response) => {
  sendJson(response, 404, { error: 'not_found', error_description: 'There is nothing here; MCP is served at /mcp.' });
};
