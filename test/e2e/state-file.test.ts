import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { FaultControl, kinds, preloading } from '../faults/fault-control.js';
import { until } from '../state/state-fixture.js';
import { type Login, logIn, refreshLogin } from './log-in.js';
import { bin, freePort, scratchFolder, startServer } from './server-process.js';

async function folders(t: TestContext) {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const vault = join(folder.path, 'notes');
  const own = join(folder.path, 'own');
  for (const path of [vault, own]) await mkdir(path, { mode: 0o700 });
  return { vault, own, state: join(own, 'state.json') };
}

async function callMcp(url: string, { accessToken }: Login): Promise<Response> {
  return await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${accessToken}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  });
}

test(
  'a state file that cannot be read yet: 503 everywhere, and then everybody is logged in as before',
  preloading,
  async (t) => {
    const { vault, own, state } = await folders(t);
    const faults = new FaultControl(own);
    t.after(() => faults.close());
    const port = await freePort();
    const args = ['--vault-path', vault, '--state-path', state];
    const first = await startServer({ port, args });
    t.after(() => first.stop('SIGKILL'));
    const login = await logIn(first.url);
    assert.equal(await first.stop('SIGTERM'), 0);
    const saved = await readFile(state, 'utf8');

    faults.set({ at: 1, times: 1_000_000, mode: 'fail', error: 'EACCES', mask: kinds.open });
    const server = await startServer({ port, args, env: faults.env });
    t.after(() => server.stop('SIGKILL'));
    const form = (fields: object) => ({ method: 'POST', body: new URLSearchParams({ ...fields }) });
    const json = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ redirect_uris: ['http://127.0.0.1/callback'] }),
    };
    const refresh = { grant_type: 'refresh_token', client_id: login.clientId, refresh_token: login.refreshToken };
    const answers = {
      token: await fetch(`${server.url}/token`, form(refresh)),
      revoke: await fetch(`${server.url}/revoke`, form({ client_id: login.clientId, token: login.accessToken })),
      register: await fetch(`${server.url}/register`, json),
      authorize: await fetch(`${server.url}/authorize?client_id=${login.clientId}&response_type=code`),
      mcp: await callMcp(server.url, login),
    };
    for (const [name, answer] of Object.entries(answers)) {
      assert.equal(answer.status, 503, name);
      assert.ok(Number(answer.headers.get('retry-after')) > 0, name);
      assert.match(await answer.text(), /temporarily_unavailable/, name);
    }
    const health = await fetch(`${server.url}/healthz`);
    assert.equal(health.status, 503);
    assert.match(await health.text(), /the state is not read since/);

    faults.clear();
    await until(async () => (await fetch(`${server.url}/healthz`)).status === 200, 3);
    assert.equal((await callMcp(server.url, login)).status, 200);
    await refreshLogin(server.url, login);
    assert.equal(await server.stop('SIGTERM'), 0);
    assert.ok((await readFile(state, 'utf8')).length > saved.length);
    assert.deepEqual(
      (await readdir(own)).filter((name) => name.includes('corrupt')),
      [],
    );
  },
);

test('two servers on one file: what one of them issued holds at the other at once', async (t) => {
  const { vault, state } = await folders(t);
  const issuer = 'http://127.0.0.1:9';
  const args = ['--vault-path', vault, '--state-path', state, '--issuer-url', issuer];
  const blue = await startServer({ port: await freePort(), args, issuer });
  t.after(() => blue.stop('SIGKILL'));
  const green = await startServer({ port: await freePort(), args, issuer });
  t.after(() => green.stop('SIGKILL'));
  const logInAt = (url: string) => logIn(url, (input, init) => fetch(String(input).replace(issuer, url), init));
  for (let round = 0; round < 3; round += 1) {
    const [here, there] = round % 2 === 0 ? [blue, green] : [green, blue];
    const login = await logInAt(here.url);
    assert.equal((await callMcp(there.url, login)).status, 200);
    const next = await refreshLogin(there.url, login);
    const body = new URLSearchParams({ client_id: login.clientId, token: next.refreshToken });
    assert.equal((await fetch(`${here.url}/revoke`, { method: 'POST', body })).status, 200);
    await until(async () => (await callMcp(there.url, next)).status === 401, 1);
  }
  assert.equal(await blue.stop('SIGTERM'), 0);
  const login = await logInAt(green.url);
  assert.equal((await callMcp(green.url, login)).status, 200);
  assert.equal(await green.stop('SIGTERM'), 0);
});

test('a file that was damaged is put right by a stop, or the stop says that all logins are lost', async (t) => {
  const { vault, own, state } = await folders(t);
  const port = await freePort();
  const args = ['--vault-path', vault, '--state-path', state];
  const first = await startServer({ port, args });
  t.after(() => first.stop('SIGKILL'));
  const login = await logIn(first.url);
  await writeFile(state, '');
  assert.equal(await first.stop('SIGTERM'), 0, first.output());
  const second = await startServer({ port, args });
  t.after(() => second.stop('SIGKILL'));
  const next = await refreshLogin(second.url, login);
  for (let index = 0; index < 9; index += 1) await writeFile(`${state}.corrupt-${index}`, '');
  await writeFile(state, '{');
  assert.equal(await second.stop('SIGTERM'), 1, second.output());
  assert.match(second.output(), /error: all logins are lost: .*10 copies/);
  assert.ok(next.accessToken !== '' && (await readdir(own)).length >= 11);
});

test('what is not ours to serve is refused in words, with exit code 3, and not touched', async (t) => {
  const { vault, own } = await folders(t);
  const path = join(own, 'package.json');
  const text = JSON.stringify({ name: 'x', version: '1.0.0' });
  await writeFile(path, text);
  const command = [bin, 'serve', '--port', '0', '--vault-path', vault, '--state-path', path];
  const env = { PATH: process.env['PATH'] ?? '', OAUTH_PIN: 'a long pin for a test' };
  const { status, stderr } = spawnSync(process.execPath, command, { env, encoding: 'utf8', timeout: 30_000 });
  assert.equal(status, 3, stderr);
  assert.match(stderr, /^vault-mcp: error: .*no state file/m);
  assert.match(stderr, /^vault-mcp: hint: /m);
  assert.equal(await readFile(path, 'utf8'), text);
  assert.deepEqual(await readdir(own), ['package.json']);
});
