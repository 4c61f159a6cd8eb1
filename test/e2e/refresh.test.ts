import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isFull } from '../full.js';
import { type Login, logIn, refreshLogin } from './log-in.js';
import { freePort, type ServerProcess, scratchFolder, startServer } from './server-process.js';

const program = fileURLToPath(new URL('./refresh-process.js', import.meta.url));

test('five processes that refresh one token at once all go on, and nothing forks', async (t) => {
  const { server } = await serve(t);
  const login = await logIn(server.url);
  const refreshed = await Promise.all(Array.from({ length: 5 }, () => refreshInProcess(server.url, login)));
  assert.equal(new Set(refreshed.map(({ refreshToken }) => refreshToken)).size, 1, 'one live refresh token');
  assert.notEqual(refreshed[0]?.refreshToken, login.refreshToken);
  for (const { accessToken } of refreshed) assert.equal(await call(server.url, accessToken), 200);
});

test('kill -9 between rotation and answer: the old token still leads on', async (t) => {
  const { server: first, restart } = await serve(t);
  let server = first;
  let login = await logIn(server.url);
  for (let round = 0; round < (isFull ? 10 : 3); round += 1) {
    // Somewhere between the request's arrival and its answer, a little later each time.
    const answer = refreshLogin(server.url, login).catch(() => undefined);
    await setTimeout(2 + (round % 5) * 3);
    await server.stop('SIGKILL');
    await answer;
    server = await restart();
    // The client never saw the answer: it has the old token only.
    login = await refreshLogin(server.url, login);
    assert.equal(await call(server.url, login.accessToken), 200);
  }
});

async function serve(t: TestContext): Promise<{ server: ServerProcess; restart(): Promise<ServerProcess> }> {
  const folder = await scratchFolder();
  const vault = join(folder.path, 'notes');
  await mkdir(vault);
  const args = ['--vault-path', vault, '--state-path', join(folder.path, 'state.json')];
  const port = await freePort();
  let server = await startServer({ port, args });
  t.after(async () => {
    await server.stop('SIGKILL');
    await folder.remove();
  });
  return {
    server,
    restart: async () => {
      server = await startServer({ port, args });
      return server;
    },
  };
}

async function refreshInProcess(url: string, login: Login): Promise<Login> {
  const child = spawn(process.execPath, [program, url], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(login));
  return JSON.parse(await text(child.stdout)) as Login;
}

async function call(url: string, accessToken: string): Promise<number> {
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });
  await response.text();
  return response.status;
}
