import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import { type AuthInfo, createMcpHandler } from '@modelcontextprotocol/server';
import type { Log } from '../log.js';
import type { SearchIndex } from '../search/search.js';
import type { Vault } from '../vault/vault.js';
import { allTools } from './all-tools.js';
import { prepareServers } from './create-server.js';
import type { Caller, McpEndpoint } from './endpoint.js';
import { answerPlainRequest, plainRequestOf } from './exchange.js';

export interface McpEndpointOptions {
  readonly vault: Vault;
  readonly search: SearchIndex;
  readonly log: Log;
  /** What clients are told of this server. */
  readonly version: string;
  /** Leaves out every tool that writes. */
  readonly readOnly?: boolean;
}

/**
 * Serves MCP to both protocol eras, 2025-11-25 and before and 2026-07-28, from one definition. It keeps nothing between
 * two requests, so a restart ends nothing; no session id is given, and one that a client sends is ignored.
 */
export function createMcpEndpoint({ vault, search, log, version, readOnly }: McpEndpointOptions): McpEndpoint {
  const tools = allTools.filter(({ scope }) => readOnly !== true || scope === 'vault:read');
  const context = { vault, search, log };
  const serverFor = prepareServers({ version, tools, context });
  const onerror = (error: Error) => log.debug('an MCP request was refused', { error: error.message });
  const handler = createMcpHandler(({ authInfo }) => serverFor(callerOf(authInfo)), { onerror });
  const handle = toNodeHandler(handler, { onerror });

  return {
    async handle(request, response, body, caller) {
      const plain = request.method === 'POST' ? plainRequestOf(request.headers, body) : undefined;
      if (plain !== undefined) return answerPlainRequest(serverFor(caller), plain, response);
      // The SDK answers 406 to clients that do not name both types, which some never do.
      request.headers.accept = 'application/json, text/event-stream';
      const { clientId, scopes, requestId } = caller;
      const auth = { token: '', clientId, scopes: [...scopes], extra: { requestId } };
      return handle(Object.assign(request, { auth }) as NodeIncomingMessageLike, response, body);
    },
    close: () => handler.close(),
  };
}

/** The SDK hands on who calls as its own AuthInfo. */
function callerOf({ clientId, scopes, extra }: AuthInfo = nobody): Caller {
  const requestId = extra?.['requestId'];
  return typeof requestId === 'string' ? { clientId, scopes, requestId } : { clientId, scopes };
}

const nobody: AuthInfo = { token: '', clientId: '', scopes: [] };
