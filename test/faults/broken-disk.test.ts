import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { claudeId, stateDocument } from '../cli/state-fixture.js';
import { logIn, refreshLogin } from '../e2e/log-in.js';
import { bin, freePort, scratchFolder, startServer } from '../e2e/server-process.js';
import { until } from '../state/state-fixture.js';

const source = fileURLToPath(new URL('../../../test/faults/failing-disk.c', import.meta.url));
const canCompile = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

const skip = canCompile ? false : 'needs Linux and a C compiler, to fail fsync';

function compileInto(folder: string): string {
  const library = join(folder, 'failing-disk.so');
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl']);
  return library;
}

test('EIO: logins and refreshes go on, the service says degraded, and all is saved when the disk is well again', {
  skip,
}, async (t) => {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const library = compileInto(folder.path);
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

test('EIO of the folder alone: a command tells that its change was made, and that a power cut may undo it', {
  skip,
}, async (t) => {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const library = compileInto(folder.path);
  const state = join(folder.path, 'state.json');
  const run = (broken: boolean, ...args: string[]) => {
    const env = { PATH: process.env['PATH'], LD_PRELOAD: library, ...(broken ? { FAILING_FOLDERS: library } : {}) };
    return spawnSync(process.execPath, [bin, 'state', ...args, '--state-path', state], { env, encoding: 'utf8' });
  };
  for (const args of [['revoke', '--client', claudeId, '--forget'], ['prune-expired']]) {
    await writeFile(state, JSON.stringify(stateDocument(Math.floor(Date.now() / 1_000))), { mode: 0o600 });
    const before = await readFile(state, 'utf8');
    const unsure = run(true, ...args);
    assert.equal(unsure.status, 1, args.join(' '));
    assert.equal(unsure.stdout, '');
    assert.match(unsure.stderr, /error: the change was made in .*state\.json, but the disk did not confirm it \(EIO\)/);
    assert.ok(unsure.stderr.includes(`hint: check the disk, then run: sync ${folder.path}`), unsure.stderr);
    const after = await readFile(state, 'utf8');
    assert.notEqual(after, before);
    assert.equal(claudeId in JSON.parse(after).clients, args[0] !== 'revoke', 'the file has the change');
  }
  const quiet = run(false, 'prune-expired');
  assert.equal(quiet.status, 0, quiet.stderr);
});
