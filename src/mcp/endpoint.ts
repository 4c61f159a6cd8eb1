import type { IncomingMessage, ServerResponse } from 'node:http';

/** Who calls a tool: the client's id and what its access token allows. */
export interface Caller {
  readonly clientId: string;
  readonly scopes: readonly string[];
}

/** Serves `/mcp` after authentication; `body` is the parsed JSON of a POST. */
export interface McpEndpoint {
  handle(request: IncomingMessage, response: ServerResponse, body: unknown, caller: Caller): Promise<void>;
  close(): Promise<void>;
}
