import type { CallToolResult } from '@modelcontextprotocol/server';
import { logWith } from '../log.js';
import type { McpRequest, ToolCall } from './endpoint.js';
import { errorResult, type Tool, type ToolContext } from './tool.js';

/** Who asks, and in which request. */
export type Call = Pick<McpRequest, 'caller' | 'requestId'>;

/** Calls a tool if the caller has the scope, and reports the call. A failure is a result with `isError`. */
export type CallTool = (call: Call, tool: Tool, args: unknown, signal: AbortSignal) => Promise<CallToolResult>;

export function createCallTool(
  { notes, log }: Pick<ToolContext, 'notes' | 'log'>,
  onToolCall: (call: ToolCall) => void,
): CallTool {
  return async ({ caller, requestId }, tool, args, signal) => {
    const { name } = tool.definition;
    const { clientId, grantId, scopes } = caller;
    if (!scopes.includes(tool.scope)) return errorResult(missingScope(name, tool.scope));
    const context = { notes, log: logWith(log, { request: requestId }), signal };
    const { result, paths, outcome } = await tool.call(args, context);
    const changes = tool.scope === 'vault:write';
    onToolCall({ tool: name, changes, clientId, grantId, requestId, paths, outcome });
    return result;
  };
}

/** Says which permission is missing, and who can give it. */
export function missingScope(what: string, scope: string): string {
  return (
    `${what} needs the permission ${scope}. This connection does not have it. ` +
    'Only the owner of the vault can change that: connect again, and allow it on the approval page.'
  );
}
