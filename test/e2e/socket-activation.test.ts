import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFull } from '../full.js';
import { holdSocket, terminate } from '../http/held-socket.js';
import { startLoad } from '../http/steady-load.js';
import { logIn } from './log-in.js';
import { bin, pin, scratchFolder } from './server-process.js';

const restarts = isFull ? 10 : 2;
const perSecond = isFull ? 200 : 50;

test(`${restarts} restarts of a socket-activated server lose no call at ${perSecond} a second`, async (t) => {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const vault = join(folder.path, 'notes');
  await mkdir(vault);
  await writeFile(join(vault, 'a.md'), '# A note\n\nSome words.\n');
  const held = holdSocket();
  t.after(held.close);
  const url = `http://127.0.0.1:${held.port}`;
  const state = join(folder.path, 'state.json');
  const command = [process.execPath, bin, 'serve', '--vault-path', vault, '--state-path', state, '--issuer-url', url];
  let printed = '';
  const start = (): ChildProcess => {
    const started = held.start(command, { OAUTH_PIN: pin });
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        printed += chunk.toString('utf8');
      });
    }
    return started;
  };

  let server = start();
  t.after(() => server.kill('SIGKILL'));
  const announced = once(server.stdout ?? server, 'data');
  await announced;
  const { accessToken } = await logIn(url);
  const load = startLoad(`${url}/mcp`, {
    perSecond,
    headers: {
      Authorization: `Bearer ${accessToken}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'vault_read', arguments: { file_path: 'a.md' } },
    }),
  });
  for (let i = 0; i < restarts; i++) {
    assert.equal(await terminate(server), 0, printed);
    server = start();
    await once(server.stdout ?? server, 'data');
  }
  await load.stop();
  assert.equal(await terminate(server), 0, printed);
  t.diagnostic(`${load.sent} calls`);
  assert.deepEqual(load.failures, [], printed);
});
