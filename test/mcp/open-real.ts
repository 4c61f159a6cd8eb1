import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Client } from '@modelcontextprotocol/client';
import { silentLog } from '../../src/log.js';
import { createMcpEndpoint } from '../../src/mcp/create-mcp-endpoint.js';
import { type OpenNotesOptions, openNotes } from '../../src/notes/open-notes.js';
import { connectModern, serveMcp } from './serve.js';

/** What the tools' output schemas, to which the client holds the answers, have in common for these tests. */
export interface Data {
  created?: boolean;
  hash: string;
  complete: boolean;
  hits: { path: string }[];
  notes: { path: string }[];
  folders?: { path: string; notes: number }[];
  files: { path: string; error?: string; text?: string }[];
  text: string;
  path: string;
  total: number;
  first_line: number;
  last_line: number;
  next_offset?: number;
  outline?: { line: number }[];
  next_cursor?: string;
}

export interface Answer {
  text: string;
  isError: boolean;
  data: Data;
  content: readonly { type: string; mimeType?: string; data?: string }[];
  /** Of the whole result. */
  bytes: number;
}

/** Serves a folder, a temporary one unless told, with these files to a client that calls its tools, once they are indexed. */
export async function openReal(
  t: TestContext,
  files: Record<string, string | Uint8Array>,
  { at, ...options }: Partial<OpenNotesOptions> & { at?: string } = {},
) {
  const folder = at ?? (await mkdtemp(join(tmpdir(), 'vault-mcp-')));
  if (at === undefined) t.after(() => rm(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const notes = await openNotes({ path: folder, watch: false, meaning: 'off', log: silentLog, ...options });
  t.after(() => notes.close());
  const url = await serveMcp(t, createMcpEndpoint({ notes, log: silentLog, version: '1' }));
  const client = await connectModern(t, url);
  // The client holds structured answers to the output schemas that it has listed.
  await client.listTools();
  const call = (name: string, args: object = {}) => callTool(client, name, args);
  while (!(await call('vault_search', { query: 'x' })).data.complete);
  return { folder, call, client, notes };
}

async function callTool(client: Client, name: string, args: object): Promise<Answer> {
  const result = await client.callTool({ name, arguments: { ...args } }, { timeout: 60_000 });
  const [content] = result.content;
  assert.equal(content?.type, 'text');
  return {
    text: content.text,
    isError: result.isError === true,
    data: result.structuredContent as unknown as Data,
    content: result.content as Answer['content'],
    bytes: Buffer.byteLength(JSON.stringify(result)),
  };
}
