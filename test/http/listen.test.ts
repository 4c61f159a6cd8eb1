import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import process from 'node:process';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { listen } from '../../src/http/listen.js';
import { silentLog } from '../../src/log.js';
import { isFull } from '../full.js';
import { holdSocket, terminate } from './held-socket.js';
import { sendBytes, sendRaw } from './serve-app.js';
import { startLoad } from './steady-load.js';

const options = { host: '127.0.0.1', port: 0, log: silentLog };

test('close lets a running request finish, says so to its client, and refuses new connections', async () => {
  let respond: ((response: ServerResponse) => void) | undefined;
  const arrived = new Promise<ServerResponse>((resolve) => {
    respond = resolve;
  });
  const server = await listen((_request, response) => respond?.(response), options);
  const answer = sendRaw(server.url);
  const response = await arrived;
  const closed = server.close();
  await assert.rejects(sendRaw(server.url), { code: 'ECONNREFUSED' });
  response.end('done');
  const { body, headers } = await answer;
  assert.equal(body, 'done');
  assert.equal(headers['connection'], 'close');
  await closed;
});

test('close ends connections that are idle, or never sent anything, within a second', async () => {
  const server = await listen((_request, response) => response.end('x'), options);
  const silent = connect(server.port, '127.0.0.1');
  const idle = connect(server.port, '127.0.0.1');
  await Promise.all([once(silent, 'connect'), once(idle, 'connect')]);
  idle.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(idle, 'data');
  const ended = [silent, idle].map((socket) => once(socket.resume(), 'close'));
  const startedMs = performance.now();
  await server.close();
  await Promise.all(ended);
  assert.ok(performance.now() - startedMs < 1_000);
});

test('a request that never ends is cut off after the grace, with a warning', async () => {
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
  const server = await listen(() => {}, { ...options, log, drainMs: 300 });
  const stuck = assert.rejects(sendRaw(server.url), /hang up/);
  await wait(50);
  const startedMs = performance.now();
  await server.close();
  await stuck;
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs > 250 && tookMs < 3_000, `${tookMs} ms`);
  assert.deepEqual(warnings, ['ended requests that were still running']);
});

test('too large headers and broken requests get a bare 4xx', async (t) => {
  const server = await listen((_request, response) => response.end('x'), options);
  t.after(server.close);
  const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n';
  assert.match(await sendBytes(server.port, `${get}X: ${'x'.repeat(17_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
  assert.match(
    await sendBytes(server.port, `${get}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`),
    /^HTTP\/1\.1 400 /,
  );
  assert.match(await sendBytes(server.port, '\u0016\u0003\u0001'), /^HTTP\/1\.1 400 /);
});

test('an address that cannot be had is one clear error', async (t) => {
  const server = await listen(() => {}, options);
  t.after(server.close);
  await assert.rejects(
    listen(() => {}, { ...options, port: server.port }),
    {
      code: 'address_unavailable',
      message: `port ${server.port} on 127.0.0.1 is in use`,
    },
  );
  await assert.rejects(
    listen(() => {}, { ...options, fd: 99 }),
    {
      code: 'address_unavailable',
      message: /^file descriptor 99 is not a listening socket/,
    },
  );
});

test('under load, close answers every request that arrived', async () => {
  const arrived = new Set<string>();
  const server = await listen((request, response) => {
    arrived.add(String(request.headers['x-number']));
    request.resume();
    setTimeout(() => response.end('x'), 5);
  }, options);
  const load = startLoad(server.url, { perSecond: 400 });
  while (arrived.size < 100) await wait(10);
  await server.close();
  // Nobody listens any more, so later requests fail, but none that had arrived.
  while (load.failures.length === 0) await wait(10);
  await load.stop();
  assert.deepEqual(
    load.failures.filter(({ number }) => arrived.has(String(number))),
    [],
  );
});

const restarts = isFull ? 30 : 3;

test(`${restarts} restarts behind one inherited socket lose no request at 200 a second`, async (t) => {
  const held = holdSocket();
  t.after(held.close);
  const script = fileURLToPath(new URL('./inherited-socket-server.js', import.meta.url));
  const start = async () => {
    const child = held.start([process.execPath, script]);
    if (child.stdout !== null) await once(child.stdout, 'data');
    return child;
  };
  let child = await start();
  t.after(() => child.kill('SIGKILL'));
  const load = startLoad(`http://127.0.0.1:${held.port}/`, { perSecond: 200 });
  for (let i = 0; i < restarts; i++) {
    assert.equal(await terminate(child), 0);
    child = await start();
    await wait(50);
  }
  await load.stop();
  assert.equal(await terminate(child), 0);
  t.diagnostic(`${load.sent} requests`);
  assert.ok(load.sent > restarts * 20);
  assert.deepEqual(load.failures, []);
});

test('a connection that sends its headers too slowly is closed', {
  skip: !isFull && 'takes 25 s: FULL=1',
}, async (t) => {
  const server = await listen((_request, response) => response.end('x'), options);
  t.after(server.close);
  assert.match(await sendBytes(server.port, 'GET / HTTP/1.1\r\nHost: loc'), /^HTTP\/1\.1 408 /);
});
