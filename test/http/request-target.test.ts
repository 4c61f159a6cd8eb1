import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeAuthorizationServer } from './fake-authorization-server.js';
import { type RawAnswer, type ServedApp, sendBytes, sendRaw, serveApp } from './serve-app.js';

const asked = { method: 'POST', headers: { Host: 'localhost:8091' } };

async function serve(issuer: string, formerIssuers: readonly string[] = []): Promise<ServedApp> {
  return serveApp({ issuer, oauth: fakeAuthorizationServer({ issuer, formerIssuers }) });
}

function get({ url }: ServedApp, path: string, host: string, headers = {}): Promise<RawAnswer> {
  return sendRaw(`${url}${path}`, { headers: { Host: host, ...headers } });
}

async function issuerSeen(server: ServedApp, host: string, headers = {}): Promise<string> {
  const { body } = await get(server, '/.well-known/oauth-authorization-server', host, headers);
  return String(JSON.parse(body).issuer);
}

test('with a loopback issuer every loopback name is this server: metadata, challenge, resource and page', async (t) => {
  const server = await serve('http://127.0.0.1:8091');
  t.after(server.close);
  for (const host of [
    'localhost:8091',
    '127.0.0.1:8091',
    '[::1]:8091',
    '127.0.0.2:8091',
    'LOCALHOST:9000',
    'localhost',
  ]) {
    const root = `http://${host.toLowerCase()}`;
    assert.equal(await issuerSeen(server, host), root);
    const resource = await get(server, '/.well-known/oauth-protected-resource/mcp', host);
    assert.deepEqual(JSON.parse(resource.body), { resource: `${root}/mcp`, authorization_servers: [root] });
    const refused = await sendRaw(`${server.url}/mcp`, { method: 'POST', headers: { Host: host } });
    assert.equal(
      refused.headers['www-authenticate'],
      `Bearer resource_metadata="${root}/.well-known/oauth-protected-resource/mcp"`,
    );
    const page = await get(server, '/authorize?client_id=x', host);
    assert.equal(page.headers['location'], `${root}/oauth/approve?request_id=pending`);
  }
  for (const host of ['localhost:99999', 'evil.example', '127.0.0.1.evil.example', '127.1', 'localhost.evil']) {
    const answer = await get(server, '/.well-known/oauth-authorization-server', host);
    assert.ok(!answer.body.includes('evil'), host);
    if (answer.status === 200) assert.equal(JSON.parse(answer.body).issuer, 'http://127.0.0.1:8091');
    else assert.equal(answer.status, 421, host);
  }
  assert.equal(await issuerSeen(server, 'localhost:1', { 'X-Forwarded-For': '::1' }), 'http://127.0.0.1:8091');
});

test('with a public issuer that one counts, and the log says once which URL to use', async (t) => {
  const server = await serve('https://vault.example.com');
  t.after(server.close);
  for (let i = 0; i < 2; i++) {
    const refused = await sendRaw(`${server.url}/mcp`, asked);
    assert.match(String(refused.headers['www-authenticate']), /"https:\/\/vault\.example\.com\//);
  }
  assert.equal(await issuerSeen(server, 'localhost:8091'), 'https://vault.example.com');
  const hints = server.lines.filter((line) => line.includes("this server's URL is https://vault.example.com/mcp"));
  assert.equal(hints.length, 1);
  assert.match(hints[0] ?? '', /asks for http:\/\/localhost:8091\/mcp.*--also-issuer http:\/\/localhost:8091/);
});

test('a former issuer answers under its own name, and the present one under all others', async (t) => {
  const server = await serve('https://new.example', ['http://127.0.0.1:8091', 'https://old.example/notes']);
  t.after(server.close);
  assert.equal(await issuerSeen(server, 'new.example'), 'https://new.example');
  assert.equal(await issuerSeen(server, 'localhost:8091'), 'http://localhost:8091');
  assert.equal(await issuerSeen(server, 'old.example'), 'https://old.example/notes');
  assert.equal(await issuerSeen(server, '127.0.0.1:8091', { 'X-Forwarded-For': 'x' }), 'https://new.example');
  assert.ok(
    server.lines.every((line) => !line.includes('--also-issuer')),
    'nothing to hint at',
  );
});

for (const [what, prefix] of [
  ['keeps', '/vault'],
  ['takes off', ''],
] as const) {
  test(`an issuer with a path, behind a proxy that ${what} it: every route, and metadata where clients look`, async (t) => {
    const issuer = 'https://vault.example.com/vault';
    const server = await serve(issuer);
    t.after(server.close);
    const host = 'vault.example.com';
    const documents = [
      `${prefix}/.well-known/oauth-authorization-server`,
      `${prefix}/.well-known/openid-configuration`,
      `${prefix}/.well-known/oauth-authorization-server/mcp`,
      '/.well-known/oauth-authorization-server/vault',
      '/.well-known/openid-configuration/vault',
      '/.well-known/oauth-authorization-server/vault/mcp',
      `${prefix}/mcp/.well-known/oauth-authorization-server`,
    ];
    for (const path of documents) assert.equal(JSON.parse((await get(server, path, host)).body).issuer, issuer, path);
    for (const path of [
      '/.well-known/oauth-protected-resource/vault/mcp',
      '/.well-known/oauth-protected-resource/vault',
      `${prefix}/.well-known/oauth-protected-resource/mcp`,
      `${prefix}/.well-known/oauth-protected-resource`,
    ]) {
      assert.equal(JSON.parse((await get(server, path, host)).body).resource, `${issuer}/mcp`, path);
    }
    const refused = await sendRaw(`${server.url}${prefix}/mcp`, { method: 'POST', headers: { Host: host } });
    assert.equal(refused.status, 401);
    const metadataUrl = /resource_metadata="([^"]*)"/.exec(String(refused.headers['www-authenticate']))?.[1] ?? '';
    assert.equal(new URL(metadataUrl).pathname, '/vault/.well-known/oauth-protected-resource/mcp');
    const page = await get(server, `${prefix}/authorize?client_id=x`, host);
    assert.equal(page.headers['location'], `${issuer}/oauth/approve?request_id=pending`);
    assert.equal((await get(server, `${prefix}/oauth/approve?request_id=pending`, host)).status, 200);
    assert.equal((await get(server, `${prefix}/healthz`, 'any.example')).status, 200);
    assert.match(
      (await get(server, prefix || '/', host, { Accept: 'text/html' })).body,
      /https:\/\/vault\.example\.com\/vault\/mcp/,
    );
    for (const path of ['/vaults/mcp', '/vault2/healthz', '/.well-known/oauth-authorization-server/vaults']) {
      assert.equal((await get(server, path, host)).status, 404, path);
    }
  });
}

test('the absolute form of a target counts as its Host, whatever Host says', async (t) => {
  const server = await serve('https://vault.example.com');
  t.after(server.close);
  const send = (target: string, host: string, method = 'GET') =>
    sendBytes(server.port, `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const status = async (target: string, host: string, method?: string) =>
    (await send(target, host, method)).slice(9, 12);
  const metadata = '/.well-known/oauth-authorization-server';
  assert.equal(await status(`http://evil.example${metadata}`, 'localhost'), '421');
  assert.equal(await status('http://evil.example/mcp', 'localhost', 'POST'), '421');
  assert.equal(await status('http://localhost@evil.example/mcp', 'localhost', 'POST'), '421');
  assert.equal(await status('http:///mcp', 'localhost', 'POST'), '421');
  assert.equal(await status(`https://vault.example.com${metadata}`, 'evil.example'), '200');
  assert.equal(await status('http://vault.example.com/mcp', 'evil.example', 'POST'), '401');
  assert.equal(await status('http://localhost?x', 'localhost'), '404');
  assert.equal(await status('*', 'localhost', 'OPTIONS'), '404');
});
