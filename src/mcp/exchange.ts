import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import {
  classifyInboundRequest,
  isJsonContentType,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type MessageClassification,
  PerRequestHTTPServerTransport,
  type Server,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server';

/** A request that needs none of the SDK's HTTP handling: one answer in JSON, decided by its body alone. */
export interface PlainRequest {
  readonly message: JSONRPCRequest;
  readonly classification: MessageClassification;
}

/**
 * Recognises a single request of the 2025 eras, or a `tools/call` of 2026-07-28 whose standard headers agree with its
 * body. Anything else (batches, notifications, listen, discover, every malformed request) is undefined here, and
 * answered by the SDK's handler.
 */
export function plainRequestOf(headers: IncomingHttpHeaders, body: unknown): PlainRequest | undefined {
  if (!isJsonContentType(headers['content-type'])) return undefined;
  const version = headerOf(headers, 'mcp-protocol-version');
  const method = headerOf(headers, 'mcp-method');
  const name = headerOf(headers, 'mcp-name');
  const outcome = classifyInboundRequest({
    httpMethod: 'POST',
    ...(version === undefined ? {} : { protocolVersionHeader: version }),
    ...(method === undefined ? {} : { mcpMethodHeader: method }),
    ...(name === undefined ? {} : { mcpNameHeader: name }),
    body,
  });
  if (outcome.kind === 'legacy') {
    const single = outcome.reason === 'initialize' || outcome.reason === 'no-claim';
    const known =
      outcome.reason === 'initialize' || version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(version);
    return single && known ? { message: body as JSONRPCRequest, classification: { era: 'legacy' } } : undefined;
  }
  if (outcome.kind !== 'modern' || outcome.messageKind !== 'request') return undefined;
  const { message, classification } = outcome;
  const plain =
    message.method === 'tools/call' &&
    version === classification.revision &&
    method === message.method &&
    name === message.params?.['name'];
  return plain ? { message, classification } : undefined;
}

/**
 * Serves a plain request with `server`, which is used up, and writes the answer. The SDK's own way turns every
 * exchange into web-standard requests, streams and abort signals, which costs three quarters of the throughput.
 */
export async function answerPlainRequest(
  server: Server,
  request: PlainRequest,
  response: ServerResponse,
): Promise<void> {
  const exchange = new PlainExchange(request.classification);
  await server.connect(exchange);
  // A client that goes away cancels what it asked for.
  response.once('close', () => {
    if (!response.writableFinished) void server.close();
  });
  const answer = await exchange.answerTo(request.message);
  if (answer === undefined) return;
  const text = JSON.stringify(answer);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

class PlainExchange extends PerRequestHTTPServerTransport {
  readonly #classification: MessageClassification;
  #settle: (message: JSONRPCMessage | undefined) => void = () => {};

  constructor(classification: MessageClassification) {
    super({ classification });
    this.#classification = classification;
  }

  /** Resolves with undefined when the exchange is closed first. */
  answerTo(message: JSONRPCRequest): Promise<JSONRPCMessage | undefined> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.onmessage?.(message, { classification: this.#classification });
    });
  }

  /** Notifications to the client would need a stream; no tool sends any. */
  override async send(message: JSONRPCMessage): Promise<void> {
    if (!('method' in message)) this.#settle(message);
  }

  override async close(): Promise<void> {
    this.#settle(undefined);
    await super.close();
  }
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
