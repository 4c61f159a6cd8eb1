import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
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
