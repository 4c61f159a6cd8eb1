import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Client } from '@modelcontextprotocol/client';
import { silentLog } from '../../src/log.js';
import { createMcpEndpoint } from '../../src/mcp/create-mcp-endpoint.js';
import { openSearchIndex } from '../../src/search/open-search-index.js';
import { openVault } from '../../src/vault/open-vault.js';
import { connectModern, serveMcp } from './serve.js';

/** What the tools' output schemas, to which the client holds the answers, have in common for these tests. */
export interface Data {
  created?: boolean;
  hash: string;
  complete: boolean;
  hits: { path: string }[];
  notes: { path: string }[];
  text: string;
  first_line: number;
  last_line: number;
  next_offset?: number;
}

export interface Answer {
  text: string;
  isError: boolean;
  data: Data;
}

/** Serves a folder, a temporary one unless told, with these notes to a client that calls its tools. */
export async function openReal(t: TestContext, notes: Record<string, string | Buffer>, at?: string) {
  const folder = at ?? (await mkdtemp(join(tmpdir(), 'vault-mcp-')));
  if (at === undefined) t.after(() => rm(folder, { recursive: true }));
  for (const [path, content] of Object.entries(notes)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const vault = await openVault({ path: folder, log: silentLog });
  const search = await openSearchIndex({ vault, watch: false, log: silentLog });
  t.after(() => search.close());
  const url = await serveMcp(t, createMcpEndpoint({ vault, search, log: silentLog, version: '1' }));
  const client = await connectModern(t, url);
  // The client holds structured answers to the output schemas that it has listed.
  await client.listTools();
  const call = (name: string, args: object = {}) => callTool(client, name, args);
  const indexed = async () => {
    while (!(await call('vault_search', { query: 'x' })).data.complete);
  };
  return { folder, call, indexed };
}

async function callTool(client: Client, name: string, args: object): Promise<Answer> {
  const answer = await client.callTool({ name, arguments: { ...args } });
  const [content] = answer.content;
  assert.equal(content?.type, 'text');
  return { text: content.text, isError: answer.isError === true, data: answer.structuredContent as unknown as Data };
}
