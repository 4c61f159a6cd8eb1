import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify, stripVTControlCharacters } from 'node:util';
import { version } from '../../src/version.js';
import { bin, makeFolder, runCommand } from './run-command.js';
import { startServer } from './server-process.js';

test('serve tells where it is, keeps its PIN private, and stops cleanly on SIGTERM', async (t) => {
  const server = await startServer(t);
  const { folder, url } = server;
  const pinFile = join(folder, 'state.json.pin');
  const pin = (await readFile(pinFile, 'utf8')).trim();
  assert.match(pin, /^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/);
  assert.equal((await stat(pinFile)).mode & 0o777, 0o600);
  assert.equal((await fetch(`${url}/mcp`, { method: 'POST' })).status, 401);
  const { code, stdout, stderr } = await server.stop();
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `vault-mcp ${version} serves ${join(folder, 'vault')}

  URL    ${url}/mcp
  PIN    in ${pinFile}
  State  ${join(folder, 'state.json')}

Add it to Claude Code:
  claude mcp add --transport http vault ${url}/mcp

`,
  );
  assert.match(stderr, new RegExp(`^info: the PIN of the approval page is in ${pinFile}$`, 'm'));
  assert.match(stderr, /^info: state path: .*state\.json, loaded 0 clients \/ 0 access tokens \/ 0 refresh tokens/m);
  assert.ok(!stdout.includes(pin) && !stderr.includes(pin));
});

test('the PIN that was made stays over a restart; SIGINT stops too', async (t) => {
  const first = await startServer(t);
  const { folder } = first;
  const pin = await readFile(join(folder, 'state.json.pin'), 'utf8');
  assert.equal((await first.stop('SIGINT')).code, 0);
  const second = await startServer(t, { folder });
  assert.equal(await readFile(join(folder, 'state.json.pin'), 'utf8'), pin);
  assert.equal((await second.stop()).code, 0);
});

test('changes that cannot be saved at the end are a loud failure', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'state'));
  const env = { OAUTH_PIN: 'chosen-by-me' };
  const server = await startServer(t, { folder, env, args: ['--state-path', 'state/state.json'] });
  await rename(join(folder, 'state'), join(folder, 'away'));
  await writeFile(join(folder, 'state'), 'a file where the folder was');
  const registered = await fetch(`${server.url}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ redirect_uris: ['http://127.0.0.1/callback'], token_endpoint_auth_method: 'none' }),
  });
  assert.equal(registered.status, 201);
  const { code, stderr } = await server.stop();
  assert.equal(code, 1);
  assert.match(stderr, /^vault-mcp: error: changes are lost \(1 of clients\)/m);
});

test('a PIN that was chosen is neither shown nor stored', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'pin'), 'chosen-by-me\n', { mode: 0o600 });
  const server = await startServer(t, { folder, args: ['--state-path', 'state.json', '--pin-file', 'pin'] });
  const { stdout, stderr } = await server.stop();
  assert.match(stdout, /PIN {4}the one in .*\/pin\n/);
  assert.ok(!stdout.includes('chosen-by-me') && !stderr.includes('chosen-by-me'));
  assert.deepEqual((await readdir(folder)).sort(), ['pin', 'state.json', 'vault']);
});

test('without a state path nothing is written, and a warning says what that means', async (t) => {
  const server = await startServer(t, { args: [], env: { OAUTH_PIN: 'chosen-by-me' } });
  const { code, stderr } = await server.stop();
  assert.equal(code, 0);
  assert.match(stderr, /^warn: no state path: a restart logs everybody out/m);
  assert.deepEqual(await readdir(server.folder), ['vault']);
});

test('the default vault is made with a welcome note, a named one has to be there', async (t) => {
  const folder = await makeFolder(t);
  const child = await startServer(t, { folder, args: ['--no-auth'], env: { VAULT_PATH: '' } });
  await child.stop();
  const empty = join(folder, 'empty');
  await mkdir(empty);
  const outcome = execFile(process.execPath, [bin, 'serve', '--port', '0', '--no-auth'], {
    cwd: empty,
    env: { PATH: process.env['PATH'] ?? '' },
  });
  t.after(() => outcome.kill('SIGKILL'));
  await new Promise((resolve) => outcome.stdout?.once('data', resolve));
  assert.deepEqual(await readdir(join(empty, 'vault')), ['welcome.md']);
  const named = await runCommand(['serve', '--vault-path', join(folder, 'absent')]);
  assert.deepEqual(named, {
    code: 2,
    stdout: '',
    stderr:
      `vault-mcp: error: there is no folder ${join(folder, 'absent')}\n` +
      'vault-mcp: hint: create it, or correct --vault-path or VAULT_PATH\n',
  });
});

test('what cannot be used is told on two lines, and nothing is opened', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'note.md'), '');
  await writeFile(join(folder, 'empty-pin'), '\n');
  const statePath = join(folder, 'state', 'state.json');
  const refused = [
    ['--port', 'http'],
    ['--vault-path', 'note.md'],
    ['--pin-file', 'absent'],
    ['--pin-file', 'empty-pin'],
    ['--pin-file', '.'],
  ];
  for (const args of refused) {
    const { code, stdout, stderr } = await runCommand(['serve', '--state-path', statePath, ...args], { cwd: folder });
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, /^vault-mcp: error: .+\nvault-mcp: hint: .+\n$/);
  }
  assert.deepEqual((await readdir(folder)).sort(), ['empty-pin', 'note.md']);
});

test('a taken port: exit code 1, a hint, and no file is made', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.after(() => taken.close());
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'vault'));
  const args = ['serve', '--port', String(port), '--state-path', 'state.json'];
  const { code, stdout, stderr } = await runCommand(args, { cwd: folder });
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /^vault-mcp: error: port \d+ on 127\.0\.0\.1 is taken\nvault-mcp: hint: .+\n$/);
  assert.deepEqual(await readdir(folder), ['vault']);
});

test('a terminal is shown the PIN, and no file has it', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'vault'));
  const command = `${process.execPath} ${bin} serve --port 0 --state-path state.json & pid=$!; sleep 2; kill $pid; wait $pid`;
  const { stdout } = await promisify(execFile)('script', ['-qefc', command, '/dev/null'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', SHELL: '/bin/sh' },
  });
  const [, pin] = /PIN {4}(.*) {2}\(for this run/.exec(stdout) ?? [];
  assert.match(stripVTControlCharacters(pin ?? ''), /^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/);
  assert.deepEqual((await readdir(folder)).sort(), ['state.json', 'vault']);
});

test('a socket that is passed in is served, and a port is not bound', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'vault'));
  // What a service manager does: the socket as descriptor 3, and the process told that it is for it.
  const held = createServer();
  await new Promise<void>((resolve) => held.listen(0, '127.0.0.1', resolve));
  const address = held.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const child = spawn('sh', ['-c', `LISTEN_PID=$$ exec "${process.execPath}" "${bin}" serve --no-auth`], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', LISTEN_FDS: '1' },
    stdio: ['ignore', 'pipe', 'pipe', (held as unknown as { _handle: { fd: number } })._handle.fd],
  });
  t.after(() => child.kill('SIGKILL'));
  let stdout = '';
  for await (const text of child.stdout?.setEncoding('utf8') ?? []) {
    stdout += text;
    if (stdout.includes('claude mcp add')) break;
  }
  held.close();
  assert.match(stdout, new RegExp(`http://127\\.0\\.0\\.1:${port}/mcp`));
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status < 600, true);
  child.kill('SIGTERM');
  assert.equal(await new Promise((resolve) => child.once('close', resolve)), 0);
});
