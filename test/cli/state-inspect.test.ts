import assert from 'node:assert/strict';
import { chmod, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { makeStateFile, runCommand } from './run-command.js';
import { accessToken, claudeId, day, editorId, hashOf } from './state-fixture.js';

test('inspect tells who has access, and for how long', async (t) => {
  const { env, path } = await makeStateFile(t);
  const before = await readFile(path);
  const { code, stdout, stderr } = await runCommand(['state', 'inspect'], { env });
  assert.equal(code, 0);
  assert.equal(stderr, '');
  const lines = stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, '  '));
  assert.equal(lines[0], path);
  assert.match(lines[1] ?? '', /^version 2, 2\.\d KiB, mode 0600, saved /);
  assert.deepEqual(lines.slice(2), [
    '',
    '(no name)  127.0.0.1:1234',
    '  client  never-approved  registered 45 days ago  never approved',
    '',
    '"Claude"  claude.ai',
    `  client  ${claudeId}  registered 12 days ago  used 3 minutes ago`,
    '  grant  8d1e2f3a-1111-4222-8333-444455556666  created 12 days ago  used 3 minutes ago  vault:read vault:write',
    `  refresh  ${hashOf('live').slice(0, 12)}  expires in 89 days`,
    `  access  ${hashOf(accessToken).slice(0, 12)}  expires in 29 days`,
    '  1 refresh token rotated away, 1 expired',
    '',
    '"Editor [31m日本"  cursor:',
    `  client  ${editorId}  registered 3 days ago  not used`,
    '  grant  8d1e2f3a-9999-4222-8333-444455556666  imported 3 days ago  used 3 days ago  vault:read',
    `  refresh  ${hashOf('for ever').slice(0, 12)}  never expires`,
    '',
    '3 clients, 2 grants, 2 access tokens and 3 refresh tokens',
    'prune-expired would remove 1 client and 1 access token',
    '',
  ]);
  assert.deepEqual(await readFile(path), before);
});

test('no whole hash and no sealed successor is shown, in either form', async (t) => {
  const { env, read } = await makeStateFile(t);
  const { access_tokens, refresh_tokens } = await read();
  for (const args of [[], ['--json']]) {
    const { stdout } = await runCommand(['state', 'inspect', ...args], { env });
    for (const hash of [...Object.keys(access_tokens), ...Object.keys(refresh_tokens)]) {
      assert.ok(!stdout.includes(hash.slice(0, 13)));
    }
    assert.ok(!stdout.includes('sealed'));
  }
});

test('inspect --json is the contract of vault-mcp-state(5)', async (t) => {
  const { env, path, now } = await makeStateFile(t);
  const { code, stdout } = await runCommand(['state', 'inspect', '--json', '--client', 'never-approved'], { env });
  assert.equal(code, 0);
  const { now: readAt, file, ...rest } = JSON.parse(stdout);
  assert.ok(readAt >= now);
  const { size_bytes, modified_at, ...facts } = file;
  assert.deepEqual(facts, { path, version: 2, mode: '0600' });
  assert.ok(size_bytes > 2_000 && Math.abs(modified_at - now) < 10);
  assert.deepEqual(rest, {
    json_version: 1,
    revoked_before: null,
    totals: { clients: 3, grants: 2, access_tokens: 2, refresh_tokens: 3 },
    prunable: { clients: 1, grants: 0, access_tokens: 1, refresh_tokens: 0 },
    clients: [
      {
        client_id: 'never-approved',
        name: null,
        redirect_hosts: ['127.0.0.1:1234'],
        auth_method: 'none',
        registered_at: now - 45 * day,
        approved_at: null,
        last_used_at: null,
        revoked_before: null,
        grants: [],
      },
    ],
  });
});

test('--client takes an ID or its beginning, and fails for what is not there', async (t) => {
  const { env } = await makeStateFile(t);
  const one = await runCommand(['state', 'inspect', '--client', '3f9a1c'], { env });
  assert.match(one.stdout, /"Claude"/);
  assert.doesNotMatch(one.stdout, /Editor/);
  for (const id of ['3f9a1', 'unknown']) {
    const { code, stdout, stderr } = await runCommand(['state', 'inspect', '--client', id], { env });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, new RegExp(`^vault-mcp: error: no client is or starts with "${id}"\nvault-mcp: hint: `));
  }
});

test('a file that others can read is told of', async (t) => {
  const { env, path } = await makeStateFile(t);
  await chmod(path, 0o644);
  const { code, stderr } = await runCommand(['state', 'inspect', '--json'], { env });
  assert.equal(code, 0);
  assert.match(stderr, /^vault-mcp: warning: .* \(mode 0644\)\nvault-mcp: hint: chmod 600 /);
});
