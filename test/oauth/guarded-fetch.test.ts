import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createProxy, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { after, before, test } from 'node:test';
import { createGuardedFetch, FetchError } from '../../src/oauth/clients/guarded-fetch.js';
import { testCertificate, testKey } from './tls-fixture.js';

let server: Server;
let origin: string;
let dialled = 0;
let running = 0;
let mostAtOnce = 0;
const held: ServerResponse[] = [];

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = new URL(request.url ?? '/', 'https://client.test').pathname;
  response.setHeader('content-type', 'application/json');
  if (path === '/redirect') response.writeHead(302, { location: '/good' }).end();
  else if (path === '/created') response.writeHead(201).end('{}');
  else if (path === '/large') response.end(JSON.stringify('x'.repeat(5_000_000)));
  else if (path === '/html') response.end('<html>');
  else if (path === '/silent') response.flushHeaders();
  else if (path === '/slow') {
    running += 1;
    mostAtOnce = Math.max(mostAtOnce, running);
    held.push(response);
    setTimeout(() => {
      running -= 1;
      response.end('{}');
    }, 50);
  } else {
    const cacheControl = new URL(request.url ?? '/', 'https://client.test').searchParams.get('cache');
    if (cacheControl !== null) response.setHeader('cache-control', cacheControl);
    response.end('{"good":true}');
  }
}

before(async () => {
  server = createServer({ cert: testCertificate, key: testKey }, answer);
  server.on('connection', () => {
    dialled += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `https://client.test:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const toLoopback = async () => [{ address: '127.0.0.1', family: 4 }];
const open = createGuardedFetch({
  resolve: toLoopback,
  isAllowed: () => true,
  isAllowedPort: () => true,
  ca: testCertificate,
  timeoutMs: 1_500,
});

for (const address of [
  '127.0.0.1',
  '10.1.2.3',
  '169.254.169.254',
  '::ffff:127.0.0.1',
  '64:ff9b::7f00:1',
  '::1',
  'fd00::1',
]) {
  test(`a name that resolves to ${address} is refused before anything is dialled`, async () => {
    const family = address.includes(':') ? 6 : 4;
    const fetchJson = createGuardedFetch({
      resolve: async () => [{ address, family }],
      isAllowedPort: () => true,
      ca: testCertificate,
    });
    const before = dialled;
    await assert.rejects(fetchJson(new URL(`${origin}/good`), 5_120, 'anybody'), /not on the public internet/);
    assert.equal(dialled, before);
  });
}

test('one public address among private ones does not help', async () => {
  const resolve = async () => [
    { address: '8.8.8.8', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  await assert.rejects(
    createGuardedFetch({ resolve, isAllowedPort: () => true })(new URL(`${origin}/good`), 5_120, 'anybody'),
    /not on the public internet/,
  );
});

test('a literal private address is refused before anything is dialled', async () => {
  const before = dialled;
  const { port } = new URL(origin);
  for (const host of ['127.0.0.1', '[::1]', '[::ffff:7f00:1]', '2130706433', '0x7f.1']) {
    await assert.rejects(
      createGuardedFetch({ isAllowedPort: () => true })(new URL(`https://${host}:${port}/good`), 5_120, 'anybody'),
      FetchError,
    );
  }
  assert.equal(dialled, before);
});

test('plain http is refused', async () => {
  await assert.rejects(open(new URL(origin.replace('https:', 'http:')), 5_120, 'anybody'), /https/);
});

test('a good document comes with the time it may be kept', async () => {
  const ask = async (cache: string) =>
    (await open(new URL(`${origin}/good?cache=${cache}`), 5_120, 'anybody')).maxAgeSeconds;
  assert.deepEqual(await open(new URL(`${origin}/good`), 5_120, 'anybody'), {
    json: { good: true },
    maxAgeSeconds: 300,
  });
  assert.equal(await ask('max-age=60'), 60);
  assert.equal(await ask('max-age=60,%20s-maxage=90'), 90);
  assert.equal(await ask('no-store'), 0);
  assert.equal(await ask('max-age=999999999'), 86_400);
});

for (const [path, message] of [
  ['/redirect', /status 302/],
  ['/created', /status 201/],
  ['/large', /more than 5120 bytes/],
  ['/html', /no JSON/],
  ['/silent', /did not answer in time/],
] as const) {
  test(`${path} is refused`, async () => {
    await assert.rejects(open(new URL(origin + path), 5_120, 'anybody'), (error: unknown) => {
      assert.ok(error instanceof FetchError);
      assert.match(error.message, message);
      return true;
    });
  });
}

test('an untrusted certificate is refused', async () => {
  const fetchJson = createGuardedFetch({ resolve: toLoopback, isAllowed: () => true, isAllowedPort: () => true });
  await assert.rejects(fetchJson(new URL(`${origin}/good`), 5_120, 'anybody'), FetchError);
});

test('four are fetched at once, some wait, and the rest is turned away', async () => {
  const all = Array.from({ length: 60 }, () => open(new URL(`${origin}/slow`), 5_120, 'anybody'));
  const results = await Promise.allSettled(all);
  assert.equal(mostAtOnce, 4);
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 36);
});

test('through a proxy the document comes by a tunnel to its host, whose certificate is checked here', async (t) => {
  const { port } = new URL(origin);
  const tunnels: string[] = [];
  const proxy = createProxy().on('connect', ({ url = '', headers }, socket, head) => {
    tunnels.push(`${url} ${headers['proxy-authorization'] ?? ''}`);
    const far = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      far.write(head);
      far.pipe(socket).pipe(far);
    });
    far.on('error', () => socket.destroy());
    socket.on('error', () => far.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close());
  const proxyUrl = new URL(`http://user:pass@127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  const resolve = async () => Promise.reject(new Error('no name server here'));
  const through = (ca?: string) =>
    createGuardedFetch({ resolve, proxyFor: () => proxyUrl, ...(ca === undefined ? {} : { ca }) });
  const url = new URL('https://client.test/good');
  assert.deepEqual((await through(testCertificate)(url, 5_120, 'anybody')).json, { good: true });
  assert.deepEqual(tunnels, [`client.test:443 Basic ${Buffer.from('user:pass').toString('base64')}`]);
  await assert.rejects(through()(url, 5_120, 'anybody'), (error) => error instanceof FetchError && !error.wasAnswered);
  await assert.rejects(
    through(testCertificate)(new URL('https://client.test/redirect'), 5_120, 'anybody'),
    /status 302/,
  );
});
