import assert from 'node:assert/strict';
import * as v2 from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { approve } from './approve.js';
import { pin } from './server-process.js';
import { StoredLogin } from './stored-login.js';

/** An SDK's client, logged in and connected. */
export interface Connected {
  readonly login: { readonly logins: number };
  call(tool: string, args?: Record<string, unknown>): Promise<string>;
  read(path: string): Promise<string>;
  toolNames(): Promise<string[]>;
  /** Opens a stream of the server's and resolves when its first event is here; modern clients only. */
  listen?(): Promise<void>;
  close(): Promise<void>;
}

/** Logs a client of the SDK's v1 in and connects it. */
export async function connectV1(url: string, send: typeof fetch = fetch): Promise<Connected> {
  const login = new StoredLogin<OAuthClientInformationMixed, OAuthTokens>();
  const endpoint = new URL(`${url}/mcp`);
  const first = new TransportV1(endpoint, { authProvider: login, fetch: send });
  await assert.rejects(new ClientV1({ name: 'first', version: '1' }).connect(first as never), /[Uu]nauthorized/);
  assert.ok(login.authorizationUrl);
  const callback = await approve(login.authorizationUrl, pin, { send });
  await first.finishAuth(callback.searchParams.get('code') ?? '');
  const client = new ClientV1({ name: 'story', version: '1' });
  await client.connect(new TransportV1(endpoint, { authProvider: login, fetch: send }) as never);
  const call: Connected['call'] = async (name, args = {}) => textOf(await client.callTool({ name, arguments: args }));
  return {
    login,
    call,
    read: (path) => call('vault_read', { file_path: path }),
    toolNames: async () => (await client.listTools()).tools.map((tool) => tool.name),
    close: () => client.close(),
  };
}

/** Logs a client of the SDK's v2 in and connects it. */
export async function connectV2(url: string, send: typeof fetch = fetch): Promise<Connected> {
  const login = new StoredLogin<v2.StoredOAuthClientInformation, v2.StoredOAuthTokens>();
  const endpoint = new URL(`${url}/mcp`);
  const first = new v2.StreamableHTTPClientTransport(endpoint, { authProvider: login, fetch: send });
  const options = { versionNegotiation: { mode: 'auto' } } as const;
  await assert.rejects(new v2.Client({ name: 'first', version: '1' }, options).connect(first), /[Uu]nauthorized/);
  assert.ok(login.authorizationUrl);
  const callback = await approve(login.authorizationUrl, pin, { send });
  await first.finishAuth(callback.searchParams);
  const client = new v2.Client({ name: 'story', version: '1' }, options);
  await client.connect(new v2.StreamableHTTPClientTransport(endpoint, { authProvider: login, fetch: send }));
  assert.equal(client.getNegotiatedProtocolVersion(), '2026-07-28');
  const call: Connected['call'] = async (name, args = {}) => textOf(await client.callTool({ name, arguments: args }));
  return {
    login,
    call,
    read: (path) => call('vault_read', { file_path: path }),
    toolNames: async () => (await client.listTools()).tools.map((tool) => tool.name),
    listen: async () => {
      await client.listen({ toolsListChanged: true }, { timeout: 5_000 });
    },
    close: () => client.close(),
  };
}

function textOf(result: unknown): string {
  const { content } = result as { content: { type: string; text?: string }[] };
  return content.map((part) => part.text ?? '').join('\n');
}
