import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { McpEndpoint } from '../../src/mcp/endpoint.js';
import type { Caller } from '../../src/oauth/authorization-server.js';

export const readerAndWriter: Caller = { clientId: 'test', grantId: 'grant', scopes: ['vault:read', 'vault:write'] };

/** Serves the endpoint over real HTTP until the test ends; `caller` stands in for the authentication. */
export async function serveMcp(t: TestContext, endpoint: McpEndpoint, caller = readerAndWriter): Promise<URL> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const body = text === '' ? undefined : JSON.parse(text);
    await endpoint.handle(request, response, { body, caller, requestId: 'r1' });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    await endpoint.close();
    server.close();
    server.closeAllConnections();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`);
}

/** A client of the SDK's version 1, which speaks 2025-11-25. */
export async function connectLegacy(t: TestContext, url: URL): Promise<LegacyClient> {
  const client = new LegacyClient({ name: 'test', version: '1' });
  await client.connect(new LegacyTransport(url));
  t.after(() => client.close());
  return client;
}

/** A client of the SDK's version 2, which must negotiate 2026-07-28 by itself. */
export async function connectModern(t: TestContext, url: URL): Promise<ModernClient> {
  const client = new ModernClient({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new ModernTransport(url));
  t.after(() => client.close());
  return client;
}
