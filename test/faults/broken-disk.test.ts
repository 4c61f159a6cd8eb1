import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { claudeId, stateDocument } from '../cli/state-fixture.js';
import { logIn, refreshLogin } from '../e2e/log-in.js';
import { bin, freePort, scratchFolder, startServer } from '../e2e/server-process.js';
import { until } from '../state/state-fixture.js';
import { FaultControl, kinds, preloading } from './fault-control.js';

test(
  'EIO: logins and refreshes go on, the service says degraded, and all is saved when the disk is well again',
  preloading,
  async (t) => {
    const folder = await scratchFolder();
    t.after(folder.remove);
    const vault = join(folder.path, 'notes');
    await mkdir(vault);
    await mkdir(join(folder.path, 'own'));
    const state = join(folder.path, 'own', 'state.json');
    const faults = new FaultControl(join(folder.path, 'own'));
    t.after(() => faults.close());
    const args = ['--vault-path', vault, '--state-path', state];
    const port = await freePort();
    const server = await startServer({ port, args, env: faults.env });
    t.after(() => server.stop('SIGKILL'));
    const before = await logIn(server.url);
    const saved = await readFile(state, 'utf8');

    faults.set({ at: 1, times: 1_000_000, mode: 'fail', mask: kinds.sync });
    const during = await logIn(server.url);
    const health = await fetch(`${server.url}/healthz`);
    assert.equal(health.status, 503);
    assert.match(await health.text(), /"degraded"/);
    assert.equal(await readFile(state, 'utf8'), saved, 'the file is as it was');
    const refreshed = await refreshLogin(server.url, before);
    assert.equal(refreshed.refreshToken, before.refreshToken, 'nothing rotates that could be lost');
    assert.match(server.output(), /the state cannot be saved; going on in memory.*EIO/);

    faults.clear();
    await until(async () => (await fetch(`${server.url}/healthz`)).status === 200);
    assert.equal(await server.stop('SIGTERM'), 0);
    const { clients } = JSON.parse(await readFile(state, 'utf8')) as { clients: Record<string, unknown> };
    assert.ok(during.clientId in clients, 'saved when the fault ended');
    const again = await startServer({ port, args });
    t.after(() => again.stop('SIGKILL'));
    await refreshLogin(again.url, during);
  },
);

test(
  'EIO of the folder alone: a command tells that its change was made, and that a power cut may undo it',
  preloading,
  async (t) => {
    const folder = await scratchFolder();
    t.after(folder.remove);
    const state = join(folder.path, 'state.json');
    const faults = new FaultControl(folder.path);
    t.after(() => faults.close());
    const run = (broken: boolean, ...args: string[]) => {
      // The file is synced first, then its folder; a command that has nothing to change syncs both, too.
      if (broken) faults.set({ at: 2, times: 1_000_000, mode: 'fail', mask: kinds.sync });
      else faults.clear();
      const env = { PATH: process.env['PATH'], ...faults.env };
      return spawnSync(process.execPath, [bin, 'state', ...args, '--state-path', state], { env, encoding: 'utf8' });
    };
    for (const args of [['revoke', '--client', claudeId, '--forget'], ['prune-expired']]) {
      await writeFile(state, JSON.stringify(stateDocument(Math.floor(Date.now() / 1_000))), { mode: 0o600 });
      const before = await readFile(state, 'utf8');
      const unsure = run(true, ...args);
      assert.equal(unsure.status, 1, args.join(' '));
      assert.equal(unsure.stdout, '');
      assert.match(
        unsure.stderr,
        /error: the change was made in .*state\.json, but the disk did not confirm it \(EIO\)/,
      );
      assert.ok(unsure.stderr.includes(`hint: check the disk, then run: sync ${folder.path}`), unsure.stderr);
      const after = await readFile(state, 'utf8');
      assert.notEqual(after, before);
      assert.equal(claudeId in JSON.parse(after).clients, args[0] !== 'revoke', 'the file has the change');
      const again = run(true, ...args);
      assert.notEqual(again.status, 0, `${args.join(' ')}: nothing is promised before the disk confirms it`);
      const well = run(false, 'prune-expired');
      assert.equal(well.status, 0, well.stderr);
      assert.ok(faults.count >= 2, 'a command that changes nothing syncs the file and its folder');
    }
    const quiet = run(false, 'prune-expired');
    assert.equal(quiet.status, 0, quiet.stderr);
  },
);
