import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder, runCommand } from './run-command.js';
import { startServer } from './server-process.js';
import { accessToken, claudeId, editorGrant, hashOf, type StateDocument, stateDocument } from './state-fixture.js';

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

async function callStatus(url: string, token: string): Promise<number> {
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify(initialize),
  });
  await response.text();
  return response.status;
}

async function refresh(url: string, token: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: claudeId }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test('a running server obeys a command at once, and nothing brings back what was revoked', async (t) => {
  const folder = await makeFolder(t);
  const statePath = join(folder, 'state.json');
  const now = Math.floor(Date.now() / 1_000);
  await writeFile(statePath, JSON.stringify(stateDocument(now)), { mode: 0o600 });
  const env = { OAUTH_STATE_PATH: statePath, OAUTH_PIN: 'chosen-by-me' };
  const server = await startServer(t, { folder, env, args: ['--issuer-url', 'https://vault.example.com'] });
  const { url } = server;

  assert.equal(await callStatus(url, accessToken), 200);
  const granted = await refresh(url, 'live');
  assert.equal(granted.status, 200);
  const newToken = String(granted.body['access_token']);
  assert.equal(await callStatus(url, newToken), 200);

  const registrations = Promise.all(
    Array.from({ length: 20 }, () =>
      fetch(`${url}/register`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ redirect_uris: ['http://127.0.0.1/callback'], token_endpoint_auth_method: 'none' }),
      }).then((response) => response.status),
    ),
  );
  const pruned = await runCommand(['state', 'prune-expired', '--quiet'], { env });
  assert.deepEqual(pruned, { code: 0, stdout: '', stderr: '' });
  const revoked = await runCommand(['state', 'revoke', '--token-stdin'], { env, stdin: newToken });
  const revokedAt = Date.now();
  assert.equal(revoked.code, 0);
  assert.deepEqual(new Set(await registrations), new Set([201]));

  let status = 200;
  while (status === 200 && Date.now() - revokedAt < 1_000) status = await callStatus(url, newToken);
  assert.equal(status, 401);
  assert.equal(await callStatus(url, accessToken), 401);
  const refused = await refresh(url, String(granted.body['refresh_token']));
  assert.deepEqual([refused.status, refused.body['error']], [400, 'invalid_grant']);

  assert.equal((await server.stop()).code, 0);
  const after = JSON.parse(await readFile(statePath, 'utf8')) as StateDocument;
  assert.deepEqual(Object.keys(after.grants), [editorGrant]);
  assert.deepEqual(Object.keys(after.access_tokens), []);
  assert.equal(after.access_tokens[hashOf('expired')], undefined);
  assert.equal(Object.keys(after.clients).length, 2 + 20);
});
