import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { makeFolder } from '../src/make-folder.js';
import { runCommand } from './cli/run-command.js';

const code = (expected: string) => (error: NodeJS.ErrnoException) => error.code === expected;

test('missing folders are made with the mode, what is there stays', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'vault-mcp-folder-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'a'), { mode: 0o755 });
  makeFolder(join(root, 'a', 'b', 'c'), 0o700);
  makeFolder(join(root, 'a', 'b', 'c'), 0o700);
  makeFolder('/', 0o700);
  assert.equal(statSync(join(root, 'a', 'b')).mode & 0o777, 0o700);
  assert.equal(statSync(join(root, 'a')).mode & 0o777, 0o755);
  symlinkSync(join(root, 'a'), join(root, 'link'));
  makeFolder(join(root, 'link', 'd'), 0o700);
  makeFolder(join(root, 'link'), 0o700);
  writeFileSync(join(root, 'file'), '');
  assert.throws(() => makeFolder(join(root, 'file'), 0o700), code('EEXIST'));
  assert.throws(() => makeFolder(join(root, 'file', 'x'), 0o700), code('ENOTDIR'));
  symlinkSync(join(root, 'gone'), join(root, 'dangling'));
  assert.throws(() => makeFolder(join(root, 'dangling', 'x'), 0o700));
});

test('two that make the same folders at once both succeed', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'vault-mcp-folder-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const rounds = 200;
  const workerData = {
    root,
    rounds,
    arrived: new SharedArrayBuffer(4),
    module: new URL('../src/make-folder.js', import.meta.url).href,
  };
  const program = `
    const { parentPort, workerData: { root, rounds, arrived, module } } = require('node:worker_threads');
    const count = new Int32Array(arrived);
    void import(module).then(({ makeFolder }) => {
      for (let round = 1; round <= rounds; round++) {
        Atomics.add(count, 0, 1);
        while (Atomics.load(count, 0) < 2 * round);
        makeFolder(root + '/' + round + '/a/b', 0o700);
      }
      parentPort.postMessage('done');
    });`;
  const run = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(program, { eval: true, workerData });
      worker.once('message', resolve);
      worker.once('error', reject);
      t.after(() => worker.terminate());
    });
  assert.deepEqual(await Promise.all([run(), run()]), ['done', 'done']);
});

test('where the system makes no folders, a server says so and ends', {
  skip: process.platform !== 'linux' ? 'needs /proc' : false,
  timeout: 60_000,
}, async (t) => {
  assert.throws(() => makeFolder('/proc/vault-mcp/x', 0o700), code('ENOENT'));
  const root = mkdtempSync(join(tmpdir(), 'vault-mcp-folder-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const args = ['serve', '--vault-path', root, '--port', '0', '--state-path', '/proc/vault-mcp/state.json'];
  const { code: exitCode, stderr } = await runCommand(args);
  assert.equal(exitCode, 1);
  assert.match(stderr, /the PIN cannot be written to a file: ENOENT/);
});
