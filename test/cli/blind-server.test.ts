import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, link, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { freePort } from '../e2e/server-process.js';
import { mounting } from '../faults/mount.js';
import { isFull } from '../full.js';
import { until } from '../state/state-fixture.js';
import { bin, makeFolder, makeStateFile, runCommand } from './run-command.js';
import { startServer } from './server-process.js';
import { accessToken, claudeGrant, claudeId, editorId, stateDocument } from './state-fixture.js';

const issuer = ['--issuer-url', 'https://vault.example.com'];

async function pingStatus(url: string): Promise<number> {
  const headers = {
    Authorization: `Bearer ${accessToken}`,
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const response = await fetch(`${url}/mcp`, { method: 'POST', headers, body });
  await response.text();
  return response.status;
}

for (const how of isFull ? (['a hard link', 'a copy'] as const) : (['a hard link'] as const)) {
  test(`${how} of the server's file: a command says that the server does not see its change, each time`, async (t) => {
    const folder = await makeFolder(t);
    const path = join(folder, 'state.json');
    await writeFile(path, JSON.stringify(stateDocument(Math.floor(Date.now() / 1_000))), { mode: 0o600 });
    const server = await startServer(t, { folder, args: ['--state-path', path, ...issuer] });
    const other = join(folder, 'other.json');
    if (how === 'a copy') await copyFile(path, other);
    else await link(path, other);
    const run = (file: string, ...args: string[]) => runCommand(['state', ...args, '--state-path', file]);
    for (const expected of [/^ended 1 grant/, ...(isFull ? [/^ended 0 grants|^nothing to revoke/] : [])]) {
      const blind = await run(other, 'revoke', '--client', claudeId);
      assert.equal(blind.code, 1, blind.stdout + blind.stderr);
      assert.match(blind.stdout, expected);
      assert.match(blind.stderr, /warning: the server at http:\/\/127\.0\.0\.1:\d+ does not see this change/);
      assert.match(blind.stderr, /hint: .*--state-path/);
      assert.equal(await pingStatus(server.url), 200);
    }
    assert.equal((await run(other, 'revoke', '--grant', claudeGrant)).code, 1, 'a second time, by its whole ID');
    if (!isFull) return;
    const added = await run(other, 'add-client', '--name', 'App', '--redirect-uri', 'https://app.example/cb', '--json');
    assert.deepEqual([added.code, typeof JSON.parse(added.stdout).client_id], [1, 'string']);
    const seen = await run(path, 'revoke', '--client', claudeId);
    assert.deepEqual([seen.code, /does not see/.test(seen.stderr)], [0, false]);
    assert.equal(await pingStatus(server.url), 401);
    assert.equal((await server.stop()).code, 0);
    assert.equal((await run(other, 'revoke', '--client', editorId)).code, 0, 'no server is there any more');
  });
}

test('a file mounted alone in a container: the command outside says that the server there does not see it', {
  skip: isFull ? mounting.skip : 'takes long',
}, async (t) => {
  const { folder, path } = await makeStateFile(t);
  const port = await freePort();
  await startInside(t, folder, path, port);
  const url = `http://127.0.0.1:${port}`;
  assert.equal(await pingStatus(url), 200);
  const env = { SERVER_PORT: String(port) };
  for (const target of [
    ['--client', claudeId],
    ['--all', '--yes'],
    ['--all', '--yes'],
  ]) {
    const blind = await runCommand(['state', 'revoke', ...target, '--state-path', path], { env });
    assert.equal(blind.code, 1, blind.stdout + blind.stderr);
    assert.match(blind.stderr, /does not see this change.*\n.*mount the folder, not the file/);
  }
  assert.equal(await pingStatus(url), 200);
});

/** A server in a mount namespace of its own, where the state file alone is mounted. */
async function startInside(t: TestContext, folder: string, path: string, port: number): Promise<void> {
  const inside = join(folder, 'inside');
  await mkdir(join(folder, 'vault'));
  await mkdir(inside, { mode: 0o700 });
  await writeFile(join(inside, 'state.json'), '', { mode: 0o600 });
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  const own = join(inside, 'state.json');
  const serve = [process.execPath, bin, 'serve', '--port', String(port), '--vault-path', join(folder, 'vault')];
  const args = ['-m', 'sh', '-c', script, 'sh', path, own, ...serve, '--state-path', own, ...issuer];
  const env = { PATH: process.env['PATH'], OAUTH_CLIENT_DOCUMENTS: 'off' };
  const child = spawn('unshare', args, { env, stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  await until(() =>
    fetch(`http://127.0.0.1:${port}/healthz`).then(
      async (answer) => /degraded/.test(await answer.text()),
      () => false,
    ),
  );
}

test('a server that knows nothing of the file, or is none of ours, is no reason to warn', async (t) => {
  const stranger = await startServer(t, { args: ['--state-path', 'state.json', ...issuer] });
  const other = createServer((_request, response) => response.end('{"known":7}')).listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  for (const port of [new URL(stranger.url).port, String((other.address() as AddressInfo).port)]) {
    const { path } = await makeStateFile(t);
    const env = { SERVER_PORT: port };
    const revoked = await runCommand(['state', 'revoke', '--all', '--yes', '--state-path', path], { env });
    assert.deepEqual([revoked.code, /does not see/.test(revoked.stderr)], [0, false], revoked.stderr);
  }
});
