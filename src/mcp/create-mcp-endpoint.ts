import type { IncomingMessage, ServerResponse } from 'node:http';
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, type McpHttpHandler } from '@modelcontextprotocol/server';
import type { Log } from '../log.js';
import type { Notes } from '../notes/notes.js';
import { allTools } from './all-tools.js';
import { createCallTool } from './call-tool.js';
import { prepareServers } from './create-server.js';
import { answerDirectCall, type DirectCall, directCallOf } from './direct-call.js';
import type { McpEndpoint, McpRequest, ToolCall } from './endpoint.js';
import { answerPlainRequest, plainRequestOf } from './exchange.js';
import { missingScopes } from './missing-scopes.js';
import type { Tool } from './tool.js';

export interface McpEndpointOptions {
  readonly notes: Notes;
  readonly log: Log;
  /** What clients are told of this server. */
  readonly version: string;
  /** Leaves out every tool that writes. */
  readonly readOnly?: boolean;
  /** Called after every tool call that was allowed, with its outcome. */
  readonly onToolCall?: (call: ToolCall) => void;
}

/**
 * Serves MCP to both protocol eras, 2025-11-25 and before and 2026-07-28, from one definition. It keeps nothing between
 * two requests, so a restart ends nothing; no session id is given, and one that a client sends is ignored.
 */
export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { notes, log, version, readOnly, onToolCall = () => {} } = options;
  const tools = allTools.filter(({ scope }) => readOnly !== true || scope === 'vault:read');
  const byName = new Map(tools.map((tool) => [tool.definition.name, tool]));
  const info = { name: 'vault-mcp', title: 'Vault', version };
  const callTool = createCallTool({ notes, log }, onToolCall);
  const serverFor = prepareServers({ info, tools: byName, context: { notes, log }, callTool });
  const onerror = (error: Error) => log.debug('an MCP request was refused', { error: error.message });
  // The SDK hands the web request that it was given to the factory, and nothing else that names the caller.
  const calls = new WeakMap<Request, McpRequest>();
  const handler = createMcpHandler(({ requestInfo }) => serverFor(requestInfo && calls.get(requestInfo)), { onerror });

  return {
    async handle(request, response, call) {
      const { body, caller, refuseScopes } = call;
      const missing = refuseScopes === undefined ? [] : missingScopes(tools, body, caller.scopes);
      if (missing.length > 0) return refuseScopes?.(missing);
      const direct = request.method === 'POST' ? directCallOf(request.headers, body) : undefined;
      const tool = direct && byName.get(direct.name);
      if (direct !== undefined && tool !== undefined) return serveDirectCall(direct, tool, call, response);
      const plain = request.method === 'POST' ? plainRequestOf(request.headers, body) : undefined;
      if (plain !== undefined) return answerPlainRequest(serverFor(call), plain, response);
      return handleBySdk(request, response, call);
    },
    close: () => handler.close(),
  };

  async function serveDirectCall(
    direct: DirectCall,
    tool: Tool,
    call: McpRequest,
    response: ServerResponse,
  ): Promise<void> {
    const gone = new AbortController();
    // A client that goes away cancels what it asked for.
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const result = await callTool(call, tool, direct.args, gone.signal);
    if (!gone.signal.aborted) answerDirectCall(direct, result, info, response);
  }

  function handleBySdk(request: IncomingMessage, response: ServerResponse, call: McpRequest): Promise<void> {
    // Clients name one type, or none, or the session of a server that has been restarted: none of it matters here.
    request.headers.accept = 'application/json, text/event-stream';
    delete request.headers['mcp-session-id'];
    const fetch: McpHttpHandler['fetch'] = async (webRequest, settings) => {
      calls.set(webRequest, call);
      const answer = await handler.fetch(webRequest, settings);
      // A stream's keep-alive would hold the connection of a client, or a stopping server, that wants it closed.
      answer.headers.delete('connection');
      return answer;
    };
    return toNodeHandler({ fetch }, { onerror })(request as NodeIncomingMessageLike, response, call.body);
  }
}
