import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify, stripVTControlCharacters } from 'node:util';
import { displayWidth } from '../../src/cli/layout.js';
import { isFull } from '../full.js';
import { bin, makeStateFile, runCommand } from './run-command.js';
import { accessToken, claudeGrant, claudeId, day, editorId, hashOf } from './state-fixture.js';

test('inspect has a summary, then one line a login, the last used first', async (t) => {
  const { env, path } = await makeStateFile(t);
  const before = await readFile(path);
  const { code, stdout, stderr } = await runCommand(['state', 'inspect'], { env });
  assert.deepEqual([code, stderr], [0, '']);
  const lines = stdout.split('\n');
  assert.equal(lines[0], path);
  assert.match(lines[1] ?? '', /^version 2, 2\.\d KiB, mode 0600, saved /);
  assert.deepEqual(lines.slice(2), [
    '2 logins of 2 clients, 1 registration without a login',
    'prune-expired would remove 1 client and 1 access token',
    '',
    'GRANT       NAME               HOST       SINCE  USED  FROM  SCOPES      EXPIRES',
    '8d1e2f3a-1  "Claude"           claude.ai  12d    3m    -     read write  89d',
    '8d1e2f3a-9  "Editor [31m日本"  cursor:    3d     3d    -     read        never',
    '',
  ]);
  assert.deepEqual(await readFile(path), before);
});

test('a name of which nothing can be shown is none', async (t) => {
  const { env, path, read } = await makeStateFile(t);
  const document = await read();
  const client = document.clients[claudeId];
  assert.ok(client !== undefined);
  for (const name of ['', ' ', '\u200b\u2060', '\u202e\u2800', '""']) {
    document.clients[claudeId] = { ...client, client_name: name };
    await writeFile(path, JSON.stringify(document), { mode: 0o600 });
    const { stdout } = await runCommand(['state', 'inspect'], { env });
    assert.match(stdout, /\(no name\) +claude\.ai/, JSON.stringify(name));
    const { stdout: json } = await runCommand(['state', 'inspect', '--json', '--client', claudeId], { env });
    assert.equal((JSON.parse(json) as { clients: { name: unknown }[] }).clients[0]?.name, null);
  }
});

test('what is shown can be chosen and ordered', async (t) => {
  const { env, path, read, now } = await makeStateFile(t);
  const document = await read();
  const grant = document.grants[claudeGrant];
  assert.ok(grant !== undefined);
  document.grants['0a0b0c0d0e0f'] = {
    ...grant,
    resource: 'https://old.example.com/mcp',
    created_at: now - 200 * day,
    last_used_at: now - 100 * day,
    last_used_address: '192.0.2.7',
  };
  await writeFile(path, JSON.stringify(document), { mode: 0o600 });
  const grantsOf = async (...args: string[]) => {
    const { stdout } = await runCommand(['state', 'inspect', ...args], { env });
    return stdout.split('\n').flatMap((line) => /^[0-9a-f][0-9a-f-]{7,}(?= )/.exec(line) ?? []);
  };
  const [claude, editor, old] = ['8d1e2f3a-1', '8d1e2f3a-9', '0a0b0c0d'];
  assert.deepEqual(await grantsOf(), [claude, editor]);
  assert.deepEqual(await grantsOf('--sort', 'name'), [claude, editor]);
  assert.deepEqual(await grantsOf('--sort', 'since'), [editor, claude]);
  assert.deepEqual(await grantsOf('--sort', 'host'), [claude, editor]);
  assert.deepEqual(await grantsOf('--expired'), [old]);
  assert.deepEqual(await grantsOf('--expired', '--idle', '99d'), [old]);
  assert.deepEqual(await grantsOf('--idle', '2d'), [editor]);
  assert.deepEqual(await grantsOf('--name', 'EDIT'), [editor]);
  assert.deepEqual(await grantsOf('--name', 'claude.ai'), [claude]);
  assert.deepEqual(await grantsOf('--name', 'nobody'), []);
  const { stdout } = await runCommand(['state', 'inspect', '--expired', '--absolute'], { env });
  assert.match(stdout, /2 logins of 2 clients, 1 expired, 1 for another URL \(marked !\), 1 registration without/);
  assert.match(
    stdout,
    /0a0b0c0d {2}! {2}"Claude" .* \d{4}-\d\d-\d\dT\d\d:\d\dZ {2}192\.0\.2\.7 .* expired {2}for https:\/\/old/,
  );
  const never = await runCommand(['state', 'inspect', '--never-approved'], { env });
  assert.match(never.stdout, /\nnever-approved {2}\(no name\) {2}127\.0\.0\.1:1234 {2}45d\n$/);
  const issuer = { ...env, OAUTH_ISSUER_URL: 'https://old.example.com/' };
  assert.match((await runCommand(['state', 'inspect'], { env: issuer })).stdout, /1 for another URL/);
  const wrong = await runCommand(['state', 'inspect', '--sort', 'size'], { env });
  assert.deepEqual([wrong.code, /Allowed choices are used, since/.test(wrong.stderr)], [2, true]);
});

test('terminals of 60, 80 and 200 columns: no line is wider, 0 to 500 clients', async (t) => {
  const { env, folder, read, path } = await makeStateFile(t);
  const document = await read();
  for (const clients of isFull ? [0, 1, 3, 500] : [0, 500]) {
    const many = { ...document, clients: {} as typeof document.clients, grants: {} as typeof document.grants };
    for (let i = 0; i < clients; i += 1) {
      const id = hashOf(String(i)).slice(0, 32);
      const client_name =
        ['Claude', '👨‍👩‍👧‍👦 家族のノート', 'A name that is rather long for a column', null][i % 4] ?? null;
      const base = document.clients[claudeId];
      const grant = document.grants[claudeGrant];
      assert.ok(base !== undefined && grant !== undefined);
      many.clients[id] = { ...base, client_id: id, client_name };
      many.grants[i === 0 ? claudeGrant : id] = { ...grant, client_id: id };
    }
    await writeFile(path, JSON.stringify(many), { mode: 0o600 });
    for (const columns of isFull ? [60, 80, 200] : [60, 200]) {
      const command = `stty cols ${columns} rows 40; "${process.execPath}" "${bin}" state inspect`;
      const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], {
        cwd: folder,
        env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', SHELL: '/bin/sh', ...env },
      });
      const lines = stripVTControlCharacters(stdout).split(/\r?\n/).slice(5);
      assert.ok(
        lines.every((line) => displayWidth(line) <= columns),
        `${clients} clients, ${columns} columns`,
      );
      assert.equal(
        lines.some((line) => line.startsWith('GRANT')),
        clients > 0,
      );
    }
  }
});

test('inspect --long tells who has access, and for how long', async (t) => {
  const { env, path } = await makeStateFile(t);
  const before = await readFile(path);
  const { code, stdout, stderr } = await runCommand(['state', 'inspect', '--long'], { env });
  assert.equal(code, 0);
  assert.equal(stderr, '');
  const lines = stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, '  '));
  assert.equal(lines[0], path);
  assert.match(lines[1] ?? '', /^version 2, 2\.\d KiB, mode 0600, saved /);
  assert.deepEqual(lines.slice(4), [
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
    '',
  ]);
  assert.deepEqual(await readFile(path), before);
});

test('no whole hash and no sealed successor is shown, in either form', async (t) => {
  const { env, read } = await makeStateFile(t);
  const { access_tokens, refresh_tokens } = await read();
  for (const args of [[], ['--long'], ['--json']]) {
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
    assert.match(stderr, new RegExp(`^vault-mcp: error: no client ID is or begins with "${id}"\nvault-mcp: hint: `));
  }
});

test('a file that others can read is told of', async (t) => {
  const { env, path } = await makeStateFile(t);
  await chmod(path, 0o644);
  const { code, stderr } = await runCommand(['state', 'inspect', '--json'], { env });
  assert.equal(code, 0);
  assert.match(stderr, /^vault-mcp: warning: .* \(mode 0644\)\nvault-mcp: hint: chmod 600 /);
});
