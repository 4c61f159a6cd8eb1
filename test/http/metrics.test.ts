import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createMetrics } from '../../src/http/metrics.js';
import type { ClientRecord, GrantRecord } from '../../src/state/schema.js';
import { createMemoryStore } from '../../src/state/store/memory-store.js';
import { putAll } from '../state/state-fixture.js';
import { sendRaw, serveApp } from './serve-app.js';

const now = 1_790_000_000;
const client: ClientRecord = {
  client_id: 'c',
  client_id_issued_at: now,
  redirect_uris: ['https://claude.ai/'],
  token_endpoint_auth_method: 'none',
};
const grant: GrantRecord = {
  client_id: 'c',
  scopes: ['vault:read'],
  resource: 'https://vault.example.com/mcp',
  created_at: now,
  last_used_at: now,
  origin: 'approval',
};

async function serve(t: TestContext, isPublic = false) {
  const store = createMemoryStore();
  const token = { grant_id: 'live', scopes: ['vault:read'], created_at: now };
  await store.update(
    putAll({
      clients: new Map([
        ['c', { ...client, approved_at: now }],
        ['d', { ...client, client_id: 'd' }],
      ]),
      grants: new Map([
        ['live', grant],
        ['dead', grant],
      ]),
      access_tokens: new Map([
        ['a', { ...token, expires_at: now + 1 }],
        ['b', { ...token, grant_id: 'dead', expires_at: now - 1 }],
      ]),
      refresh_tokens: new Map([
        ['r', { ...token, expires_at: null, rotated_at: now }],
        ['s', { ...token, expires_at: null }],
      ]),
    }),
  );
  const notes = { status: () => ({ ready: true, files: 3, indexed: 2, chunks: 7, problems: 0 }) };
  const metrics = await createMetrics({ store, notes, public: isPublic, now: () => now });
  const server = await serveApp({ metrics });
  t.after(server.close);
  return server;
}

test('/metrics counts requests by route, and what the state and the index hold', async (t) => {
  const server = await serve(t);
  await sendRaw(`${server.url}/mcp?secret=1`, { method: 'POST' });
  for (const path of ['/made/up/1', '/made/up/2']) await sendRaw(`${server.url}${path}`, { method: 'PROPFIND' });
  await sendRaw(`${server.url}/.well-known/oauth-protected-resource`);
  const { status, headers, body } = await sendRaw(`${server.url}/metrics`);
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
  for (const line of [
    'vault_mcp_http_request_duration_seconds_count{route="/mcp",method="POST",status="401"} 1',
    'vault_mcp_http_request_duration_seconds_count{route="other",method="other",status="404"} 2',
    'vault_mcp_http_request_duration_seconds_count{route="/.well-known",method="GET",status="200"} 1',
    'vault_mcp_records{kind="client",state="approved"} 1',
    'vault_mcp_records{kind="client",state="never_approved"} 1',
    'vault_mcp_records{kind="grant",state="live"} 1',
    'vault_mcp_records{kind="grant",state="dead"} 1',
    'vault_mcp_records{kind="access_token",state="expired"} 1',
    'vault_mcp_records{kind="refresh_token",state="spent"} 1',
    'vault_mcp_state_saves_total 0',
    'vault_mcp_state_save_failures_total 0',
    'vault_mcp_state_degraded 0',
    'vault_mcp_index_notes 2',
    'vault_mcp_index_chunks 7',
  ]) {
    assert.ok(body.includes(`${line}\n`), line);
  }
  assert.ok(!body.includes('secret') && !body.includes('made'));
});

test('/metrics does not exist for others than this machine, unless it is public', async (t) => {
  const local = await serve(t);
  const open = await serve(t, true);
  const strangers = [{ 'X-Forwarded-For': '198.51.100.1' }, { 'Cf-Ray': 'x' }, { Host: 'vault.example.com' }];
  for (const headers of strangers) {
    assert.equal((await sendRaw(`${local.url}/metrics`, { headers })).status, 404, JSON.stringify(headers));
    assert.equal((await sendRaw(`${open.url}/metrics`, { headers })).status, 200, JSON.stringify(headers));
  }
});

test('without metrics, prom-client is not even loaded', async () => {
  const app = fileURLToPath(new URL('../../src/http/app.js', import.meta.url));
  const script = `
    await import(${JSON.stringify(app)});
    const { createRequire } = await import('node:module');
    console.log(Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('prom-client')).length);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  assert.equal(stdout.trim(), '0');
});
