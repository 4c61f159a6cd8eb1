import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Express } from 'express';
import { VaultMcpError } from '../errors.js';
import type { Log } from '../log.js';
import type { AuthorizationServer } from '../oauth/authorization-server.js';
import { type Step, sendJson } from './exchange.js';
import { createHostList, hostGuard, originGuard } from './hosts.js';
import {
  createPeerOf,
  forwardedGuard,
  type IssuerOf,
  type PeerOf,
  type TrustProxy,
  untrustedProxyHint,
} from './peer.js';
import { requestFaultOf } from './request-fault.js';
import { type AnsweredRequest, logFailure, requestLog } from './request-log.js';
import { createRequestTargets } from './request-target.js';
import { securityHeaders } from './security-headers.js';

export interface FrontOptions {
  /** The public URL without a trailing slash; every URL that is told to anybody begins with it, or with one that it includes. */
  issuer: string;
  /** Undefined serves everybody who connects from this machine, without any login. */
  oauth: AuthorizationServer | undefined;
  /** Values of the Host header, beside loopback and the issuer's. */
  allowedHosts: readonly string[];
  /** Proxies whose X-Forwarded-For counts: addresses, ranges, `loopback`, `linklocal`, `uniquelocal`. */
  trustProxy: readonly string[];
  /** Paths that answer under any Host. */
  openPath: RegExp;
  observe?: ((answered: AnsweredRequest) => void) | undefined;
  log: Log;
}

/** The application before its routes, and the checks that the routes use. */
export interface Front {
  /** An Express application without routes yet. */
  readonly app: Express;
  normalise(request: IncomingMessage): void;
  readonly issuerOf: IssuerOf;
  readonly peerOf: PeerOf;
  readonly guards: readonly Step[];
  readonly fromAllowedOrigin: Step;
  answerFailure(error: unknown, response: ServerResponse): void;
}

/** Returns the front of a server; throws VaultMcpError `invalid_trust_proxy`. */
export function createFront(options: FrontOptions): Front {
  const { issuer, oauth, log } = options;
  const issuers = [issuer, ...(oauth?.formerIssuers ?? [])];
  const { normalise, issuerOf } = createRequestTargets(issuers);
  const isAllowedHost = createHostList(issuers, options.allowedHosts);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const isTrusted = trustProxies(app, options.trustProxy);
  const peerOf = createPeerOf(isTrusted, issuerOf);
  const guards = [
    requestLog(log, peerOf, options.observe),
    securityHeaders(issuer),
    hostGuard(isAllowedHost, options.openPath, log),
    oauth === undefined ? forwardedGuard(options.openPath, log) : untrustedProxyHint(isTrusted, log),
  ];
  const fromAllowedOrigin = originGuard(isAllowedHost);
  return { app, normalise, issuerOf, peerOf, guards, fromAllowedOrigin, answerFailure: answerUnexpected(log) };
}

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

/** The last error handler: answers JSON without a stack. Errors of the server are logged with the request ID. */
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
