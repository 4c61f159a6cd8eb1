import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import express from 'express';
import { createApp } from '../../src/http/app.js';
import { silentLog } from '../../src/log.js';
import { fakeAuthorizationServer, issuer } from './fake-authorization-server.js';
import { echoEndpoint, sendRaw, serveApp } from './serve-app.js';

const authorized = { Authorization: 'Bearer good', 'Content-Type': 'application/json' };

// POST /mcp does not pass through Express; POST /mcp/ does.
const paths = ['/mcp', '/mcp?a=b', '/mcp/'];

test('with and without Express, a POST is answered alike', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  const requests: readonly { headers: Record<string, string>; body?: string }[] = [
    { headers: authorized, body: '{"a":1}' },
    { headers: authorized, body: '{"a":' },
    { headers: authorized },
    { headers: { ...authorized, 'Content-Type': 'text/plain' }, body: '{"a":1}' },
    { headers: { ...authorized, 'Content-Type': 'application/json; charset=latin1' }, body: '{}' },
    { headers: { ...authorized, 'Content-Encoding': 'x' }, body: '{}' },
    { headers: { ...authorized, 'Content-Encoding': 'gzip' }, body: '{}' },
    { headers: { ...authorized, Host: 'evil.example' }, body: '{}' },
    { headers: { ...authorized, Origin: 'https://evil.example' }, body: '{}' },
    { headers: { ...authorized, 'X-Forwarded-For': '198.51.100.7' }, body: '{}' },
    { headers: { Authorization: 'Bearer bad' }, body: '{}' },
    { headers: {}, body: '{}' },
  ];
  for (const sent of requests) {
    const answers = [];
    for (const path of paths) {
      const answer = await sendRaw(`${server.url}${path}`, { method: 'POST', ...sent });
      const { 'x-request-id': id, date: _, ...headers } = answer.headers;
      assert.match(String(id), /^[\w-]{36}$/);
      answers.push({ status: answer.status, headers, body: answer.body });
    }
    assert.deepEqual(answers[0], answers[2], JSON.stringify(sent));
    assert.deepEqual(answers[1], answers[2], JSON.stringify(sent));
  }
  const logged = server.lines.filter((line) => line.includes('answered') && line.includes('198.51.100.7'));
  assert.equal(logged.length, paths.length);
  assert.ok(logged.slice(0, 2).every((line) => line.includes(' path=/mcp ')));
});

test('bodies may be compressed, in UTF-8 with or without a BOM, and bounded all the same', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  const post = (body: Uint8Array, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/mcp`, { method: 'POST', headers: { ...authorized, ...headers }, body: Uint8Array.from(body) });
  const json = Buffer.from('{"text":"é"}');
  const encodings = { gzip: gzipSync(json), deflate: deflateSync(json), br: brotliCompressSync(json), identity: json };
  for (const [encoding, body] of Object.entries(encodings)) {
    const answer = await post(body, { 'Content-Encoding': encoding });
    assert.deepEqual(((await answer.json()) as { body: unknown }).body, { text: 'é' }, encoding);
  }
  assert.equal((await post(Buffer.from('\uFEFF{}'))).status, 200);
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
  assert.equal((await post(bomb, { 'Content-Encoding': 'gzip' })).status, 413);
  assert.equal((await post(encodings.gzip.subarray(0, 12), { 'Content-Encoding': 'gzip' })).status, 400);
  const utf16 = Buffer.from('{}', 'utf16le');
  assert.equal((await post(utf16, { 'Content-Type': 'application/json; charset=utf-16' })).status, 415);
});

test('a client that goes away within a body leaves nothing behind but a line in the log', async (t) => {
  const answered = new EventEmitter();
  const metrics = { public: false, contentType: '', text: async () => '' };
  const server = await serveApp({
    metrics: {
      ...metrics,
      observeToolCall: () => {},
      observeAudit: () => {},
      observe: (request) => answered.emit('answered', request),
    },
  });
  t.after(server.close);
  for (const encoding of ['identity', 'gzip']) {
    const next = once(answered, 'answered');
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nContent-Encoding: ${encoding}\r\n` +
        'Content-Length: 100\r\nExpect: 100-continue\r\n\r\n{"a":',
    );
    await once(socket, 'data');
    socket.destroy();
    assert.equal((await next)[0].route, '/mcp');
    assert.match(server.lines.at(-1) ?? '', /answered .*status="cut off"/);
  }
  assert.ok(server.lines.every((line) => !line.includes('a request failed')));
});

test('the app can be mounted into an Express app, also behind its body parser', async (t) => {
  const app = createApp({
    issuer,
    oauth: fakeAuthorizationServer(),
    mcp: echoEndpoint,
    allowedHosts: [],
    trustProxy: ['loopback'],
    rateLimit: false,
    health: () => ({ state: { degraded: false }, index: { ready: true } }),
    log: silentLog,
  });
  const server = createServer(express().use(express.json(), app)).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const path of paths) {
    const answer = await sendRaw(`${url}${path}`, { method: 'POST', headers: authorized, body: '{"a":1}' });
    assert.deepEqual(JSON.parse(answer.body).body, { a: 1 }, path);
  }
  assert.equal((await sendRaw(`${url}/healthz`)).status, 200);
});
