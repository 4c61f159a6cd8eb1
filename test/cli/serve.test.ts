import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { version } from '../../src/version.js';
import { holdSocket } from '../http/held-socket.js';
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
  assert.match(stderr, new RegExp(`Z info: the PIN of the approval page is in ${pinFile}$`, 'm'));
  assert.match(stderr, /Z info: state path: .*state\.json, loaded 0 clients \/ 0 access tokens \/ 0 refresh tokens/m);
  assert.ok(!stdout.includes(pin) && !stderr.includes(pin));
});

test('the log begins with version, URL and settings, and ends with the state saved', async (t) => {
  const args = ['--state-path', 'state.json', '--read-only', '--embeddings-url', 'http://127.0.0.1:9/v1?key=hidden'];
  const env = { OAUTH_PIN: 'chosen-by-me', VAULT_EMBEDDING_MODEL: 'x', OAUTH_STATE_PAHT: 'x', MCP_ALLOWED_HOSTS: '' };
  const server = await startServer(t, { args, env });
  const { stderr } = await server.stop();
  const lines = stderr.trimEnd().split('\n');
  for (const line of lines) assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warn): /);
  const settings = 'state-path=state.json read-only=true embeddings-url=http://127.0.0.1:9/v1 embedding-model=x port=0';
  const first = lines[0]?.slice(25) ?? '';
  assert.ok(first.startsWith(`info: vault-mcp ${version} is starting `), first);
  for (const setting of settings.split(' ')) assert.ok(first.includes(` ${setting}`), `${setting}: ${first}`);
  assert.doesNotMatch(stderr, /hidden|chosen-by-me/);
  assert.match(stderr, / warn: OAUTH_STATE_PAHT is not a setting: did you mean OAUTH_STATE_PATH\?\n/);
  assert.match(stderr, new RegExp(` info: listening on ${server.url} url=${server.url}/mcp\n`));
  assert.ok(stderr.indexOf('state path: ') < stderr.indexOf('listening on '), 'the state is open when it says so');
  assert.match(lines.at(-1) ?? '', / info: stopped, state saved$/);
});

test('a server whose state is refused does not say that it is listening, and leaves no file behind', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'vault'));
  await writeFile(join(folder, 'state.json'), '{"version": 99}');
  const args = ['serve', '--port', '0', '--vault-path', 'vault', '--state-path', 'state.json'];
  const { code, stderr } = await runCommand(args, { cwd: folder });
  assert.equal(code, 3);
  assert.match(stderr, / info: vault-mcp \S+ is starting /);
  assert.doesNotMatch(stderr, /listening/);
  assert.deepEqual((await readdir(folder)).sort(), ['state.json', 'vault']);
});

test('with --log-format json nothing but JSON leaves the process, whatever happens', async (t) => {
  const server = await startServer(t, { args: ['--state-path', 'state.json', '--log-format', 'json'] });
  const { stdout, stderr } = await server.stop();
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'env'), 'LOG_FORMAT="json" # for the collector\n');
  const refused = await Promise.all(
    [
      ['serve', '--log-format=json', '--prot', '1'],
      ['serve', '--log-format', 'json', '--vault-path', 'absent'],
      ['serve', '--port', 'http', '--env-file', 'env'],
    ].map((args) => runCommand(args, { cwd: folder })),
  );
  assert.deepEqual(new Set([stdout, ...refused.map((outcome) => outcome.stdout)]), new Set(['']));
  const lines = [stderr, ...refused.map((outcome) => outcome.stderr)].flatMap((text) => text.trimEnd().split('\n'));
  const parsed = lines.map((line) => JSON.parse(line) as { level: string; msg: string; hint?: string });
  assert.deepEqual(
    parsed.filter(({ level }) => level === 'error').map(({ msg, hint }) => [msg, hint !== undefined]),
    [
      ["unknown option '--prot'", true],
      [`there is no folder ${join(folder, 'absent')}`, true],
      ['--port: "http" is not a port', true],
    ],
  );
});

test("in systemd's journal a line begins with its priority and has no time", async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'vault'));
  await writeFile(join(folder, 'vault', 'a.md'), '# A\n');
  // The journal's stream is told by its device and inode; here a file takes its place.
  const script = `exec >log 2>&1; JOURNAL_STREAM=$(stat -Lc %d:%i log) exec "$NODE" "$BIN" serve "$@"`;
  const run = async (...args: string[]) => {
    await writeFile(join(folder, 'log'), '');
    const child = spawn('sh', ['-c', script, 'sh', ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', NODE: process.execPath, BIN: bin, OAUTH_PIN: 'short' },
    });
    t.after(() => child.kill('SIGKILL'));
    const ended = new Promise((resolve) => child.once('close', resolve));
    for (let i = 0; i < 300 && child.exitCode === null; i += 1) {
      if (/state path/.test(await readFile(join(folder, 'log'), 'utf8'))) child.kill('SIGTERM');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await ended;
    return (await readFile(join(folder, 'log'), 'utf8')).trimEnd().split('\n');
  };
  const good = await run('--port', '0', '--state-path', 'state.json');
  assert.match(good[0] ?? '', /^<6>info: vault-mcp \S+ is starting /);
  assert.ok(good.some((line) => line.startsWith('<4>warn: the PIN has fewer than 8')));
  assert.ok(
    good.every((line) => /^<[46]>(info|warn): /.test(line)),
    good.join('\n'),
  );
  const bad = await run('--port', 'http');
  assert.match(bad[0] ?? '', /^<3>vault-mcp: error: --port/);
  assert.match(bad[1] ?? '', /^<6>vault-mcp: hint: /);
});

test('the PIN that was made stays over a restart; SIGINT stops too', async (t) => {
  const first = await startServer(t);
  const { folder } = first;
  const pin = await readFile(join(folder, 'state.json.pin'), 'utf8');
  assert.equal((await first.stop('SIGINT')).code, 0);
  const second = await startServer(t, { folder });
  assert.equal(await readFile(join(folder, 'state.json.pin'), 'utf8'), pin);
  assert.equal((await second.stop()).code, 0);
  const third = await startServer(t, { folder, env: { OAUTH_PIN: 'chosen-by-me' } });
  const { stderr } = await third.stop();
  assert.match(
    stderr,
    / warn: the PIN is the one in OAUTH_PIN; remove .*state\.json\.pin, because its PIN is no longer used\n/,
  );
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
  assert.deepEqual((await readdir(folder)).sort(), ['pin', 'state.json', 'state.json.catalogue', 'vault']);
});

test('without a state path nothing is written, and a warning says what that means', async (t) => {
  const server = await startServer(t, { args: [], env: { OAUTH_PIN: 'chosen-by-me' } });
  const { code, stderr } = await server.stop();
  assert.equal(code, 0);
  assert.deepEqual(stderr.match(/ warn: .*/g), [
    ' warn: no state path: a restart logs everybody out; set --state-path to keep logins',
  ]);
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

test('an address that is none of this machine is a setting that cannot be used', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'vault'));
  for (const host of ['192.0.2.1', '300.1.1.1', 'no-such-host.invalid']) {
    const { code, stderr } = await runCommand(
      ['serve', '--port', '0', '--host', host, '--issuer-url', 'https://vault.example.com'],
      {
        cwd: folder,
      },
    );
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^vault-mcp: error: .+\nvault-mcp: hint: use --host .+\n$/);
  }
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
  assert.match(stderr, /^vault-mcp: error: port \d+ on 127\.0\.0\.1 is in use\nvault-mcp: hint: .+\n$/);
  assert.deepEqual(await readdir(folder), ['vault']);
});

test('a terminal is shown the PIN: one for this run, or the one in the file of an earlier start', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'vault'));
  const showPin = async () => {
    const command = `"${process.execPath}" "${bin}" serve --port 0 --state-path state.json`;
    const child = spawn('script', ['-qefc', command, '/dev/null'], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', SHELL: '/bin/sh' },
    });
    t.after(() => child.kill('SIGKILL'));
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const isUp = shown.includes('listening on');
      shown += text;
      // Ctrl-C, as the terminal hands it on.
      if (!isUp && shown.includes('listening on')) child.stdin.write('\x03');
    });
    await once(child, 'close');
    const [, pin = '', where] = / PIN {4}(\S+) {2}\((.*)\)/.exec(stripVTControlCharacters(shown)) ?? [];
    return { pin, where };
  };
  const random = await showPin();
  assert.match(random.pin, /^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/);
  assert.equal(random.where, 'for this run only');
  assert.deepEqual((await readdir(folder)).sort(), ['state.json', 'state.json.catalogue', 'vault']);
  await writeFile(join(folder, 'state.json.pin'), 'aaaa-bbbb-cccc-dddd\n', { mode: 0o600 });
  assert.deepEqual(await showPin(), { pin: 'aaaa-bbbb-cccc-dddd', where: `from ${join(folder, 'state.json.pin')}` });
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

test('a server that cannot start answers 503 on the passed socket, and ends at once when nobody asks', async (t) => {
  const folder = await makeFolder(t);
  const held = holdSocket();
  t.after(held.close);
  const start = () => {
    const child = held.start([process.execPath, bin, 'serve', '--vault-path', join(folder, 'absent')]);
    t.after(() => child.kill('SIGKILL'));
    return child;
  };
  const unasked = start();
  assert.deepEqual(await once(unasked, 'exit'), [2, null]);
  // The socket listens since then, so that this waits for the next start.
  const ask = (headers = {}) => fetch(`http://127.0.0.1:${held.port}/mcp`, { method: 'POST', headers });
  const waiting = ask();
  const asked = start();
  const ended = once(asked, 'exit');
  const answer = await waiting;
  assert.equal(answer.status, 503);
  assert.ok(Number(answer.headers.get('retry-after')) > 0);
  assert.match(await answer.text(), /cannot start: there is no folder/);
  const stranger = await ask({ 'X-Forwarded-For': '192.0.2.1' });
  assert.equal(stranger.status, 503);
  assert.doesNotMatch(await stranger.text(), /folder/);
  assert.equal(asked.exitCode, null);
  asked.kill('SIGTERM');
  assert.deepEqual(await ended, [2, null]);
});
