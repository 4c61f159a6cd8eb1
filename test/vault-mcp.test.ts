import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { createVaultMcp, listen, silentLog } from '../src/index.js';

test('embedded, it makes the vault once, keeps its state in memory without a path, and answers', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vault-mcp-embedded-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (let start = 0; start < 2; start += 1) {
    const vaultMcp = await createVaultMcp({
      vaultPath: join(folder, 'notes'),
      createVaultIfMissing: true,
      issuerUrl: 'http://127.0.0.1:1',
      pin: 'correct horse battery staple',
      clientDocuments: 'off',
    });
    const server = await listen(vaultMcp.app, { host: '127.0.0.1', port: 0, log: silentLog });
    const answer = await fetch(`${server.url}/.well-known/oauth-authorization-server`);
    assert.equal(((await answer.json()) as { issuer: string }).issuer, server.url, 'the loopback name that was asked');
    assert.equal(vaultMcp.store.path, undefined);
    await server.close();
    await vaultMcp.close();
  }
  assert.deepEqual(await readdir(folder), ['notes'], 'nothing but the vault was made');
});

test('a start that the state file refuses makes no vault', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vault-mcp-embedded-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const statePath = join(folder, 'package.json');
  await writeFile(statePath, '{"name":"x"}');
  const options = { vaultPath: join(folder, 'notes'), createVaultIfMissing: true, statePath };
  await assert.rejects(
    createVaultMcp({ ...options, issuerUrl: 'http://127.0.0.1:1', pin: 'p', clientDocuments: 'off' }),
  );
  assert.deepEqual(await readdir(folder), ['package.json']);
});

test('the keys of Cloudflare Access are fetched through the outbound proxy', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vault-mcp-access-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const dialled: string[] = [];
  const proxy = createServer().on('connect', ({ url = '' }, socket) => {
    dialled.push(url);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close());
  const proxyUrl = new URL(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  // An address, so that no test asks a name server.
  const teamUrl = 'https://1.1.1.1';
  const vaultMcp = await createVaultMcp({
    vaultPath: folder,
    issuerUrl: 'https://vault.example.com',
    pin: 'correct horse battery staple',
    clientDocuments: 'off',
    proxyFor: () => proxyUrl,
    cloudflareAccess: { teamUrl, audience: 'tag', allow: ['owner@example.com'], scopes: ['vault:read'] },
  });
  t.after(() => vaultMcp.close());
  const server = await listen(vaultMcp.app, { host: '127.0.0.1', port: 0, log: silentLog });
  t.after(() => server.close());
  const forged = await new SignJWT({ iss: teamUrl, aud: 'tag', type: 'app', email: 'owner@example.com' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setExpirationTime('1m')
    .sign((await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])).privateKey);
  const headers = { 'Cf-Access-Jwt-Assertion': forged };
  const answer = await fetch(`${server.url}/mcp`, { method: 'POST', body: '{}', headers });
  assert.equal(answer.status, 401, 'without keys nobody comes in');
  assert.deepEqual(dialled, ['1.1.1.1:443']);
});
