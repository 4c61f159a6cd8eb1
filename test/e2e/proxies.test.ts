import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { holdSocket, terminate } from '../http/held-socket.js';
import { connectV1, connectV2 } from './connect.js';
import { logIn } from './log-in.js';
import { fetchThrough, findProxy, publicHost, startProxy } from './proxy-process.js';
import { bin, pin, scratchFolder } from './server-process.js';

const url = `https://${publicHost}`;
const restarts = 3;
const callsAtOnce = 4;

for (const name of ['nginx', 'caddy'] as const) {
  const skip = findProxy(name) === undefined ? `needs ${name}, as in .ci/run` : false;

  test(`${name}: logins, calls of both eras, streams and restarts through docs/proxies`, { skip }, async (t) => {
    const server = await serveBehind(t, url);
    const proxy = await startProxy(name, server.port, join(server.folder, name));
    t.after(proxy.stop);
    const send = fetchThrough(proxy);
    const legacy = await connectV1(url, send);
    t.after(() => legacy.close());
    const modern = await connectV2(url, send);
    t.after(() => modern.close());
    await modern.listen?.();

    const { accessToken } = await logIn(url, send);
    let isDone = false;
    let calls = 0;
    const callOn = async () => {
      while (!isDone) {
        const answer = await readNote(send, accessToken);
        assert.equal(answer.status, 200);
        assert.match(await answer.text(), /Some words/);
        calls += 1;
      }
    };
    const load = Promise.all(Array.from({ length: callsAtOnce }, callOn));
    for (let restart = 0; restart < restarts; restart++) {
      await server.restart();
      const before = calls;
      await Promise.race([load, until(() => calls >= before + 10)]);
    }
    isDone = true;
    await load;
    t.diagnostic(`${calls} calls over ${restarts} restarts`);
    for (const client of [legacy, modern]) {
      assert.match(await client.read('a.md'), /Some words/);
      assert.equal(client.login.logins, 1, 'nobody logs in again');
    }
    assert.doesNotMatch(server.printed(), /is ignored|requests arrive for host/);
  });

  test(`${name}: a forged X-Forwarded-For buys no further requests`, { skip }, async (t) => {
    const server = await serveBehind(t, url);
    const proxy = await startProxy(name, server.port, join(server.folder, name));
    t.after(proxy.stop);
    const send = fetchThrough(proxy);
    const statuses: number[] = [];
    for (let number = 1; number <= 61; number++) {
      const answer = await send(`${url}/register`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': `203.0.113.${number}` },
        body: JSON.stringify({ redirect_uris: ['http://127.0.0.1:9/callback'] }),
      });
      await answer.text();
      statuses.push(answer.status);
    }
    assert.deepEqual([statuses[59], statuses[60]], [201, 429]);
  });

  test(`${name}: in front of a server that has another name, it gets 421 and the log says why`, { skip }, async (t) => {
    const server = await serveBehind(t, 'https://notes.example.net');
    const proxy = await startProxy(name, server.port, join(server.folder, name));
    t.after(proxy.stop);
    const answer = await fetchThrough(proxy)(`${url}/.well-known/oauth-protected-resource`);
    assert.equal(answer.status, 421);
    assert.match(await answer.text(), /misdirected_request/);
    await until(() => server.printed().includes(`allow it with --allowed-hosts "${publicHost}"`));
  });
}

interface Served {
  readonly port: number;
  readonly folder: string;
  printed(): string;
  restart(): Promise<void>;
}

/** Serves one note under a public name, on a socket that is held here over restarts, as systemd does. */
async function serveBehind(t: TestContext, issuer: string): Promise<Served> {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const vault = join(folder.path, 'notes');
  await mkdir(vault);
  await writeFile(join(vault, 'a.md'), '# A note\n\nSome words.\n');
  const held = holdSocket();
  t.after(held.close);
  const state = join(folder.path, 'state.json');
  const command = [
    process.execPath,
    bin,
    'serve',
    '--vault-path',
    vault,
    '--state-path',
    state,
    '--issuer-url',
    issuer,
  ];
  let printed = '';
  const start = async (): Promise<ChildProcess> => {
    const started = held.start(command, { OAUTH_PIN: pin });
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        printed += chunk.toString('utf8');
      });
    }
    await once(started.stdout ?? started, 'data');
    return started;
  };
  let server = await start();
  t.after(() => terminate(server));
  return {
    port: held.port,
    folder: folder.path,
    printed: () => printed,
    restart: async () => {
      assert.equal(await terminate(server), 0, printed);
      server = await start();
    },
  };
}

function readNote(send: typeof fetch, token: string): Promise<Response> {
  return send(`${url}/mcp`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
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
}

async function until(isTrue: () => boolean): Promise<void> {
  const endsMs = performance.now() + 10_000;
  while (!isTrue()) {
    assert.ok(performance.now() < endsMs, 'it did not come');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
