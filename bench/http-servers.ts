import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { sha256Hex } from '../src/hash.js';
import { createApp } from '../src/http/app.js';
import { createLog } from '../src/log.js';
import { createMcpEndpoint } from '../src/mcp/create-mcp-endpoint.js';
import type { Notes } from '../src/notes/notes.js';
import { openNotes } from '../src/notes/open-notes.js';
import { createAuthorizationServer } from '../src/oauth/create-authorization-server.js';
import { openServerStore } from '../src/state/store/open-server-store.js';
import { fakeNotes } from '../test/mcp/fakes.js';
import { benchToken } from './token.js';

// The process that is measured: a bare echo of JSON, the SDK's example, or the whole server with its logins in a file and
// its notes in memory or on disk.
const note = '# A note\n\n**Status:** Active\n\nSome words about vaults.\n';
const folder = await mkdtemp(join(tmpdir(), 'vault-mcp-bench-'));
const log = createLog({ format: 'json', destination: { write: () => true } });
const server = createServer(await listenerOf(process.argv[2]));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);
process.on('disconnect', async () => {
  await rm(folder, { recursive: true });
  process.exit();
});

function echo(request: IncomingMessage, response: ServerResponse): void {
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
}

async function listenerOf(name: string | undefined): Promise<RequestListener> {
  if (name === 'echo') return echo;
  if (name === 'sdk') return sdkExample();
  if (name === 'memory') {
    return appOf(fakeNotes({ 'a.md': note }));
  }
  await writeFile(join(folder, 'a.md'), note);
  return appOf(await openNotes({ path: folder, watch: false, log }));
}

/** What the SDK's documentation shows: one tool, no authentication, no framework. */
function sdkExample(): RequestListener {
  const handle = toNodeHandler(
    createMcpHandler(() => {
      const server = new McpServer({ name: 'example', version: '1' });
      const inputSchema = z.object({ file_path: z.string() });
      server.registerTool('vault_read', { inputSchema }, async ({ file_path }) => {
        return { content: [{ type: 'text', text: `Hello ${file_path}` }] };
      });
      return server;
    }),
  );
  return (request, response) => void handle(request as NodeIncomingMessageLike, response);
}

async function appOf(notes: Notes): Promise<RequestListener> {
  const issuer = 'https://vault.example.com';
  const store = await openServerStore({
    path: join(folder, 'state.json'),
    resource: `${issuer}/mcp`,
    refreshTokenTtlSeconds: 3600,
    log,
  });
  const at = Math.floor(Date.now() / 1000);
  const scopes = ['vault:read', 'vault:write'];
  const grant = {
    client_id: 'c',
    scopes,
    resource: `${issuer}/mcp`,
    created_at: at,
    last_used_at: at,
    origin: 'approval',
  } as const;
  const client = {
    client_id: 'c',
    client_id_issued_at: at,
    redirect_uris: ['https://client.example.com/callback'],
    token_endpoint_auth_method: 'none',
    approved_at: at,
  };
  const token = { grant_id: 'g', scopes, created_at: at, expires_at: at + 3600 };
  await store.update((draft) => {
    draft.clients.put('c', client);
    draft.grants.put('g', grant);
    draft.access_tokens.put(sha256Hex(benchToken), token);
  });
  const oauth = createAuthorizationServer({
    issuer,
    store,
    log,
    pin: 'a long pin for the bench',
    accessTokenTtlSeconds: 3600,
    refreshTokenTtlSeconds: 3600,
    refreshGraceSeconds: 60,
    rateLimit: true,
  });
  return createApp({
    issuer,
    oauth,
    mcp: createMcpEndpoint({ notes, log, version: '0' }),
    allowedHosts: [],
    trustProxy: ['loopback'],
    rateLimit: true,
    health: () => ({ state: store.health(), index: notes.status() }),
    log,
  });
}
