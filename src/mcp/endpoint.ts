import type { IncomingMessage, ServerResponse } from 'node:http';

/** Who calls a tool: the client's id and what its access token allows. */
export interface Caller {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Names the request in the log. */
  readonly requestId?: string;
  /**
   * True when asking for a wider scope can succeed. Left out, it cannot: the person narrowed the grant, and answering
   * 403 insufficient_scope would send the client round in circles.
   */
  readonly canAskForMore?: boolean;
}

/** Serves `/mcp` after authentication; `body` is the parsed JSON of a POST. */
export interface McpEndpoint {
  handle(request: IncomingMessage, response: ServerResponse, body: unknown, caller: Caller): Promise<void>;
  close(): Promise<void>;
}
