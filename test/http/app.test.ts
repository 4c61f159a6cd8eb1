import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp } from '../../src/http/app.js';
import { silentLog } from '../../src/log.js';
import { fakeAuthorizationServer, issuer } from './fake-authorization-server.js';
import { echoEndpoint, sendBytes, sendRaw, serveApp } from './serve-app.js';

const paths = ['/', '/mcp', '/token', '/register', '/revoke', '/authorize', '/oauth/approve', '/healthz', '/nothing'];

test('a foreign Host is refused on every route, and the log says how to allow it, once', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  for (const path of [...paths, '/healthz/x', '/metrics']) {
    const answer = await sendRaw(`${server.url}${path}`, {
      headers: { Host: 'evil.example', 'X-Forwarded-Host': 'localhost' },
    });
    // Probes of containers and load balancers name whatever they like.
    assert.equal(answer.status, path === '/healthz' ? 200 : 421, path);
  }
  const headless = await sendBytes(server.port, 'GET /healthz HTTP/1.0\r\n\r\n');
  assert.match(headless, /^HTTP\/1\.1 200 .*\{"status":"ok","index":"ready"\}$/s);
  const hints = server.lines.filter((line) => line.includes('--allowed-hosts'));
  assert.equal(hints.length, 1);
  assert.match(hints[0] ?? '', /requests arrive for host "evil\.example"/);
});

test('X-Forwarded-Host changes nothing, and two Host headers are refused', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  const forwarded = await sendRaw(`${server.url}/.well-known/oauth-authorization-server`, {
    headers: { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http' },
  });
  assert.equal(forwarded.status, 200);
  assert.ok(!forwarded.body.includes('evil'));
  const twice = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n';
  assert.match(await sendBytes(server.port, twice), /^HTTP\/1\.1 400 /);
});

test('a foreign Origin is refused but for the pages', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  for (const path of ['/mcp', '/token', '/register', '/revoke', '/.well-known/oauth-authorization-server']) {
    const answer = await sendRaw(`${server.url}${path}`, { headers: { Origin: 'https://evil.example' } });
    assert.equal(answer.status, 403, path);
    const own = await sendRaw(`${server.url}${path}`, { headers: { Origin: issuer } });
    assert.notEqual(own.status, 403, path);
  }
  const page = await sendRaw(`${server.url}/authorize`, { headers: { Origin: 'https://claude.ai' } });
  assert.equal(page.status, 302);
});

test('every answer carries the security headers, a request id and no-store', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  for (const path of paths) {
    const { headers } = await sendRaw(`${server.url}${path}`);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.match(String(headers['content-security-policy']), /default-src 'none'/, path);
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/, path);
    assert.equal(headers['x-frame-options'], 'DENY', path);
    assert.equal(headers['strict-transport-security'], 'max-age=31536000', path);
    assert.equal(headers['cache-control'], 'no-store', path);
    assert.match(String(headers['x-request-id']), /^[\w-]{36}$/, path);
    assert.equal(headers['x-powered-by'], undefined, path);
  }
});

test('unknown paths, broken URLs and our own failures are JSON without a stack', async (t) => {
  const server = await serveApp({
    mcp: {
      ...echoEndpoint,
      handle: async () => {
        throw new Error('boom');
      },
    },
  });
  t.after(server.close);
  const missing = await sendRaw(`${server.url}/nothing`);
  assert.equal(missing.status, 404);
  assert.equal(JSON.parse(missing.body).error, 'not_found');
  const failed = await sendRaw(`${server.url}/mcp`, {
    method: 'POST',
    headers: { Authorization: 'Bearer good', 'Content-Type': 'application/json' },
    body: '{}',
  });
  assert.equal(failed.status, 500);
  assert.ok(!failed.body.includes('boom'));
  const line = server.lines.find((text) => text.includes('a request failed')) ?? '';
  assert.match(line, /reason=boom/);
  assert.ok(line.includes(String(failed.headers['x-request-id'])));
  assert.ok(!server.lines.join('').includes('    at '));
});

test('wrong methods are 405 with Allow', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  const allowed: Record<string, string> = {
    '/token': 'POST',
    '/register': 'POST',
    '/revoke': 'POST',
    '/authorize': 'GET, HEAD, POST',
    '/oauth/approve': 'GET, HEAD, POST',
    '/healthz': 'GET, HEAD',
    '/.well-known/oauth-protected-resource/mcp': 'GET, HEAD',
  };
  for (const [path, allow] of Object.entries(allowed)) {
    const answer = await sendRaw(`${server.url}${path}`, { method: 'PUT' });
    assert.equal(answer.status, 405, path);
    assert.equal(answer.headers['allow'], allow, path);
  }
});

test('the access log names no query, and only at debug', async (t) => {
  const server = await serveApp();
  t.after(server.close);
  await sendRaw(`${server.url}/oauth/approve?request_id=secret`);
  const line = server.lines.find((text) => text.includes('answered')) ?? '';
  assert.match(line, / debug: answered request=[\w-]{36} method=GET path=\/oauth\/approve status=410 ms=\d+/);
  assert.ok(!server.lines.join('').includes('secret'));
});

test('X-Forwarded-For counts from a trusted peer; from another one the log hints once', async (t) => {
  const server = await serveApp();
  const distrustful = await serveApp({ trustProxy: ['10.0.0.1'] });
  t.after(() => Promise.all([server.close(), distrustful.close()]));
  for (const { url } of [server, distrustful]) {
    for (let i = 0; i < 2; i++) await sendRaw(`${url}/healthz`, { headers: { 'X-Forwarded-For': '198.51.100.7' } });
  }
  assert.match(server.lines.find((line) => line.includes('answered')) ?? '', /address=198\.51\.100\.7/);
  assert.match(distrustful.lines.find((line) => line.includes('answered')) ?? '', /address=127\.0\.0\.1/);
  assert.equal(server.lines.filter((line) => line.includes('--trust-proxy')).length, 0);
  assert.equal(distrustful.lines.filter((line) => line.includes('--trust-proxy 127.0.0.1')).length, 1);
});

test('a proxy list that makes no sense is refused', () => {
  assert.throws(
    () =>
      createApp({
        issuer,
        oauth: fakeAuthorizationServer(),
        mcp: echoEndpoint,
        allowedHosts: [],
        trustProxy: ['everybody'],
        rateLimit: false,
        health: () => ({ state: { degraded: false }, index: { ready: true } }),
        log: silentLog,
      }),
    { code: 'invalid_trust_proxy' },
  );
});

test('without authentication everybody on this machine is served, and nothing that a proxy forwarded', async (t) => {
  const server = await serveApp({ oauth: undefined, issuer: 'http://127.0.0.1:8091' });
  t.after(server.close);
  const post = { method: 'POST', body: '{"jsonrpc":"2.0"}' };
  const answer = await sendRaw(`${server.url}/mcp`, post);
  assert.equal(answer.status, 200);
  assert.equal(JSON.parse(answer.body).caller.clientId, 'local');
  for (const name of [
    ...['X-Forwarded-For', 'Forwarded', 'Via', 'Cf-Connecting-Ip', 'X-Forwarded-Proto', 'X-Real-IP', 'True-Client-IP'],
    ...[
      'X-Client-IP',
      'X-Cluster-Client-IP',
      'CDN-Loop',
      'Fly-Client-IP',
      'X-Envoy-External-Address',
      'X-Original-Host',
    ],
    ...['X-Amzn-Trace-Id', 'Tailscale-User-Login', 'Ngrok-Skip-Browser-Warning', 'Proxy-Connection', 'X-Scheme'],
  ]) {
    const forwarded = await sendRaw(`${server.url}/mcp`, { ...post, headers: { [name]: 'x' } });
    assert.equal(forwarded.status, 403, name);
  }
  const probe = 'GET /healthz HTTP/1.0\r\nVia: x\r\n\r\n';
  assert.match(await sendBytes(server.port, probe), /^HTTP\/1\.1 200 /, 'nothing in it is for friends alone');
  // nginx speaks HTTP/1.0 to what it stands before, unless it is told otherwise.
  const old = 'POST /mcp HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}';
  assert.match(await sendBytes(server.port, old), /^HTTP\/1\.1 403 /);
  for (const name of ['Mcp-Protocol-Version', 'Traceparent', 'User-Agent', 'X-Request-Id', 'X-Api-Key']) {
    assert.equal((await sendRaw(`${server.url}/mcp`, { ...post, headers: { [name]: 'x' } })).status, 200, name);
  }
  assert.equal((await sendRaw(`${server.url}/token`, { method: 'POST' })).status, 404);
});

test('/healthz tells what the state has of IDs that only who has read the file knows', async (t) => {
  const server = await serveApp({
    describeKnown: async (ids) => ids.map((id) => (id === 'grant-1' ? 'g' : '-')).join(''),
  });
  t.after(server.close);
  const ask = async (query: string) => JSON.parse((await sendRaw(`${server.url}/healthz${query}`)).body);
  assert.equal((await ask('?known=grant-1,grant-2')).known, 'g-');
  for (const query of ['', '?known', `?known=${'x'.repeat(5_000)}`, '?known=a&known=b']) {
    assert.ok(['', undefined, '-'].includes((await ask(query)).known), query.slice(0, 20));
  }
});

test('/healthz is ok, or degraded with reasons', async (t) => {
  const health = {
    state: { degraded: false } as { degraded: boolean; since?: number; advice?: string },
    index: { ready: true },
  };
  const server = await serveApp({ health: () => health });
  t.after(server.close);
  const ok = await sendRaw(`${server.url}/healthz`);
  assert.equal(ok.status, 200);
  assert.deepEqual(JSON.parse(ok.body), { status: 'ok', index: 'ready' });
  health.index = { ready: false };
  const building = await sendRaw(`${server.url}/healthz`);
  assert.equal(building.status, 200, 'logins do not wait for the index');
  assert.deepEqual(JSON.parse(building.body), { status: 'ok', index: 'building' });
  health.state = { degraded: true, advice: 'move it away' };
  assert.match((await sendRaw(`${server.url}/healthz`)).body, /"the state is not saved: move it away"/);
  health.state = { degraded: true, since: 1_790_000_000 };
  const bad = await sendRaw(`${server.url}/healthz`);
  assert.equal(bad.status, 503);
  assert.deepEqual(JSON.parse(bad.body), {
    status: 'degraded',
    reasons: ['the state is not saved since 2026-09-21T14:13:20.000Z'],
    index: 'building',
  });
});
