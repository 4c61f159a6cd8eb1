import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Audit } from '../audit.js';
import type { McpEndpoint } from '../mcp/endpoint.js';
import type { AuthorizationServer, Caller } from '../oauth/authorization-server.js';
import type { VerifyAccessAssertion } from '../oauth/cloudflare-access.js';
import { createBearerCheck } from './bearer.js';
import { type Step, sendJson } from './exchange.js';
import { readJson } from './json-body.js';
import { allowCrossOrigin } from './methods.js';
import type { IssuerOf, PeerOf } from './peer.js';
import { type RequestFault, requestFaultOf } from './request-fault.js';
import { requestIdOf } from './request-id.js';
import { keepLargeIds, mergeDoubledHeaders, normaliseMessages, restoreLargeIds } from './rpc-message.js';
import { challengeScope } from './scope-challenge.js';

const bodyLimitBytes = 4 * 1024 * 1024;

/** Everybody, on a server that runs without authentication. */
const localCaller: Caller = { clientId: 'local', grantId: '', scopes: ['vault:read', 'vault:write'] };

export interface McpRouteOptions {
  mcp: McpEndpoint;
  /** Undefined serves everybody. */
  oauth: AuthorizationServer | undefined;
  access: VerifyAccessAssertion | undefined;
  issuerOf: IssuerOf;
  peerOf: PeerOf;
  audit: Audit;
}

/** Serves `/mcp`: CORS, then who calls (RFC 6750, RFC 9728, Cloudflare Access), then the body, then the endpoint. */
export function mcpRoute({ mcp, oauth, access, issuerOf, peerOf, audit }: McpRouteOptions): Step {
  const crossOrigin = allowCrossOrigin('GET', 'POST', 'DELETE');
  const check = oauth === undefined ? undefined : createBearerCheck({ oauth, access, issuerOf, peerOf, audit });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const caller = check === undefined ? localCaller : await check(request, response);
    if (caller === undefined) return;
    if (request.method !== 'POST') {
      // A stateless server has no stream to GET and no session to DELETE (MCP, Streamable HTTP).
      response.setHeader('Allow', 'POST');
      answerRpcError(response, 405, -32000, 'Method not allowed: POST JSON-RPC messages here');
      return;
    }
    let body: unknown;
    try {
      body = normaliseMessages(
        await readJson(request, bodyLimitBytes, (text) => {
          const { json, numerals } = keepLargeIds(text);
          restoreLargeIds(response, numerals);
          return json;
        }),
      );
    } catch (error) {
      const fault = requestFaultOf(error);
      if (fault === undefined) throw error;
      answerFault(response, fault);
      return;
    }
    mergeDoubledHeaders(request);
    const call = { body, caller, requestId: requestIdOf(request) };
    if (oauth === undefined || caller.canAskForMore !== true) return mcp.handle(request, response, call);
    const refuseScopes = (missing: readonly string[]) =>
      challengeScope(response, caller.scopes, missing, oauth.resourceMetadataUrl(issuerOf(request)));
    await mcp.handle(request, response, { ...call, refuseScopes });
  }

  return (request, response, next) => {
    crossOrigin(request, response, () => void serve(request, response).catch(next));
  };
}

function answerFault(response: ServerResponse, fault: RequestFault): void {
  if (fault.kind === 'empty') answerRpcError(response, 400, -32700, 'Parse error: the body is empty');
  else if (fault.kind === 'syntax') answerRpcError(response, 400, -32700, 'Parse error: the body is not JSON');
  else if (fault.kind === 'size') answerRpcError(response, 413, -32600, `The body is over ${bodyLimitBytes} bytes`);
  else answerRpcError(response, fault.status, -32600, fault.message);
}

function answerRpcError(response: ServerResponse, status: number, code: number, message: string): void {
  sendJson(response, status, { jsonrpc: '2.0', id: null, error: { code, message } });
}
