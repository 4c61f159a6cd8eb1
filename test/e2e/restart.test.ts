import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as v2 from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { approve } from './approve.js';
import { freePort, pin, scratchFolder, startServer } from './server-process.js';
import { StoredLogin } from './stored-login.js';

interface Connected {
  readonly login: { readonly logins: number };
  read(path: string): Promise<string>;
  toolNames(): Promise<string[]>;
  close(): Promise<void>;
}

const upstreamTools = [
  'vault_list',
  'vault_read',
  'vault_write',
  'vault_edit',
  'vault_summary',
  'vault_search',
  'vault_reindex',
];

const clients: Record<string, (url: string) => Promise<Connected>> = {
  'SDK v1': connectV1,
  'SDK v2, automatic': connectV2,
};

for (const [name, connect] of Object.entries(clients)) {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`${name}: a connected client goes on after ${signal} and a restart, without a login`, async (t) => {
      const folder = await scratchFolder();
      t.after(folder.remove);
      const vault = join(folder.path, 'notes');
      const state = join(folder.path, 'state', 'state.json');
      await mkdir(vault);
      await writeFile(join(vault, 'Café.md'), '# Café\n\nThe espresso is good here.\n');
      const port = await freePort();
      const args = ['--vault-path', vault, '--state-path', state];
      let server = await startServer({ port, args });
      t.after(() => server.stop('SIGKILL'));

      const client = await connect(server.url);
      t.after(() => client.close());
      assert.equal(client.login.logins, 1);
      const tools = await client.toolNames();
      for (const tool of upstreamTools) assert.ok(tools.includes(tool), tool);
      assert.match(await client.read('Café.md'), /espresso/);

      const code = await server.stop(signal);
      assert.equal(code, signal === 'SIGTERM' ? 0 : null, server.output());
      const first = server.output();
      server = await startServer({ port, args });
      assert.match(await client.read('Café.md'), /espresso/);
      assert.equal(client.login.logins, 1, 'nobody logs in again');

      const saved = await readFile(state, 'utf8');
      assert.equal((JSON.parse(saved) as { version: number }).version, 2);
      await server.stop('SIGTERM');
      for (const text of [first, server.output(), saved]) assert.ok(!text.includes(pin), 'no PIN anywhere');
    });
  }
}

async function connectV1(url: string): Promise<Connected> {
  const login = new StoredLogin<OAuthClientInformationMixed, OAuthTokens>();
  const endpoint = new URL('/mcp', url);
  const first = new TransportV1(endpoint, { authProvider: login });
  await assert.rejects(new ClientV1({ name: 'first', version: '1' }).connect(first as never), /[Uu]nauthorized/);
  assert.ok(login.authorizationUrl);
  const callback = await approve(login.authorizationUrl, pin);
  await first.finishAuth(callback.searchParams.get('code') ?? '');
  const client = new ClientV1({ name: 'story', version: '1' });
  await client.connect(new TransportV1(endpoint, { authProvider: login }) as never);
  return {
    login,
    read: async (path) => textOf(await client.callTool({ name: 'vault_read', arguments: { file_path: path } })),
    toolNames: async () => (await client.listTools()).tools.map((tool) => tool.name),
    close: () => client.close(),
  };
}

async function connectV2(url: string): Promise<Connected> {
  const login = new StoredLogin<v2.StoredOAuthClientInformation, v2.StoredOAuthTokens>();
  const endpoint = new URL('/mcp', url);
  const first = new v2.StreamableHTTPClientTransport(endpoint, { authProvider: login });
  const options = { versionNegotiation: { mode: 'auto' } } as const;
  await assert.rejects(new v2.Client({ name: 'first', version: '1' }, options).connect(first), /[Uu]nauthorized/);
  assert.ok(login.authorizationUrl);
  const callback = await approve(login.authorizationUrl, pin);
  await first.finishAuth(callback.searchParams);
  const client = new v2.Client({ name: 'story', version: '1' }, options);
  await client.connect(new v2.StreamableHTTPClientTransport(endpoint, { authProvider: login }));
  assert.equal(client.getNegotiatedProtocolVersion(), '2026-07-28');
  return {
    login,
    read: async (path) => textOf(await client.callTool({ name: 'vault_read', arguments: { file_path: path } })),
    toolNames: async () => (await client.listTools()).tools.map((tool) => tool.name),
    close: () => client.close(),
  };
}

function textOf(result: unknown): string {
  const { content } = result as { content: { type: string; text?: string }[] };
  return content.map((part) => part.text ?? '').join('\n');
}
