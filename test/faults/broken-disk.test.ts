import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { logIn, refreshLogin } from '../e2e/log-in.js';
import { freePort, scratchFolder, startServer } from '../e2e/server-process.js';
import { until } from '../state/state-fixture.js';

const source = fileURLToPath(new URL('../../../test/faults/failing-disk.c', import.meta.url));
const canCompile = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

test('EIO: logins and refreshes go on, the service says degraded, and all is saved when the disk is well again', {
  skip: canCompile ? false : 'needs Linux and a C compiler, to fail fsync',
}, async (t) => {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const library = join(folder.path, 'failing-disk.so');
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl']);
  const vault = join(folder.path, 'notes');
  await mkdir(vault);
  const mark = join(folder.path, 'broken');
  const state = join(folder.path, 'state.json');
  const args = ['--vault-path', vault, '--state-path', state];
  const port = await freePort();
  const server = await startServer({ port, args, env: { LD_PRELOAD: library, FAILING_DISK: mark } });
  t.after(() => server.stop('SIGKILL'));
  const before = await logIn(server.url);
  const saved = await readFile(state, 'utf8');

  await writeFile(mark, '');
  const during = await logIn(server.url);
  const health = await fetch(`${server.url}/healthz`);
  assert.equal(health.status, 503);
  assert.match(await health.text(), /"degraded"/);
  assert.equal(await readFile(state, 'utf8'), saved, 'the file is as it was');
  const refreshed = await refreshLogin(server.url, before);
  assert.equal(refreshed.refreshToken, before.refreshToken, 'nothing rotates that could be lost');
  assert.match(server.output(), /the state cannot be saved; going on in memory.*EIO/);

  await rm(mark);
  await until(async () => (await fetch(`${server.url}/healthz`)).status === 200);
  assert.equal(await server.stop('SIGTERM'), 0);
  const { clients } = JSON.parse(await readFile(state, 'utf8')) as { clients: Record<string, unknown> };
  assert.ok(during.clientId in clients, 'saved when the fault ended');
  const again = await startServer({ port, args });
  t.after(() => again.stop('SIGKILL'));
  await refreshLogin(again.url, during);
});
