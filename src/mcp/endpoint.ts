import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../oauth/authorization-server.js';

/** One request to `/mcp`, past its authentication. */
export interface McpRequest {
  /** The parsed JSON of a POST. */
  readonly body: unknown;
  readonly caller: Caller;
  /** Names the request in the log. */
  readonly requestId: string;
  /**
   * Answers a request whose tool calls need these further scopes, so that the client asks for them. Absent when the person
   * has refused them on the approval page: the client would only ask again, so the tool's result says what is missing.
   */
  readonly refuseScopes?: (missing: readonly string[]) => void;
}

/** Serves `/mcp` after authentication. */
export interface McpEndpoint {
  handle(request: IncomingMessage, response: ServerResponse, call: McpRequest): Promise<void>;
  close(): Promise<void>;
}

/** A call of a tool, for the operator's log and figures. */
export interface ToolCall {
  readonly tool: string;
  /** True for a tool that changes notes. */
  readonly changes: boolean;
  readonly clientId: string;
  readonly grantId: string;
  readonly requestId: string;
  /** The notes that were changed, or were to be changed. */
  readonly paths: readonly string[];
  /** `done`, or the code of the failure. */
  readonly outcome: string;
}
