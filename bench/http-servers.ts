import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { mcpRoute } from '../src/http/mcp-route.js';
import { silentLog } from '../src/log.js';
import { createMcpEndpoint } from '../src/mcp/create-mcp-endpoint.js';
import type { AuthorizationServer } from '../src/oauth/authorization-server.js';
import { fakeSearch, fakeVault } from '../test/mcp/fakes.js';

// The process that is measured: a bare echo of JSON, or the whole server.
const listeners: Record<string, () => RequestListener> = { echo, app };
const listener = listeners[process.argv[2] ?? '']?.();
if (listener === undefined) throw new Error('echo or app?');
const server = createServer(listener);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);
process.on('disconnect', () => process.exit());

function echo(): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const text = JSON.stringify(JSON.parse(body));
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
      response.end(text);
    });
  };
}

function app(): RequestListener {
  const vault = fakeVault({ 'a.md': '# A\n' });
  const mcp = createMcpEndpoint({ vault, search: fakeSearch(vault), log: silentLog, version: '0' });
  const oauth = {
    authenticate: () => ({ clientId: 'c', grantId: 'g', scopes: ['vault:read', 'vault:write'] }),
  } as unknown as AuthorizationServer;
  return express().use(mcpRoute(mcp, oauth));
}
