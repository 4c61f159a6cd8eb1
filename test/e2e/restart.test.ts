import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFull } from '../full.js';
import { until } from '../state/state-fixture.js';
import { type Connected, connectV1, connectV2 } from './connect.js';
import { freePort, pin, scratchFolder, startServer } from './server-process.js';

const upstreamTools = [
  'vault_list',
  'vault_read',
  'vault_write',
  'vault_edit',
  'vault_summary',
  'vault_search',
  'vault_reindex',
];

const clients: Record<string, (url: string) => Promise<Connected>> = {
  'SDK v1': connectV1,
  'SDK v2, automatic': connectV2,
};

for (const [name, connect] of Object.entries(clients)) {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`${name}: a connected client goes on after ${signal} and a restart, without a login`, async (t) => {
      const folder = await scratchFolder();
      t.after(folder.remove);
      const vault = join(folder.path, 'notes');
      const state = join(folder.path, 'state', 'state.json');
      await mkdir(vault);
      await writeFile(join(vault, 'Café.md'), '# Café\n\nThe espresso is good here.\n');
      const port = await freePort();
      const args = ['--vault-path', vault, '--state-path', state];
      let server = await startServer({ port, args });
      t.after(() => server.stop('SIGKILL'));

      const client = await connect(server.url);
      t.after(() => client.close());
      assert.equal(client.login.logins, 1);
      const tools = await client.toolNames();
      for (const tool of upstreamTools) assert.ok(tools.includes(tool), tool);
      assert.match(await client.read('Café.md'), /espresso/);

      const code = await server.stop(signal);
      assert.equal(code, signal === 'SIGTERM' ? 0 : null, server.output());
      const first = server.output();
      server = await startServer({ port, args });
      assert.match(await client.read('Café.md'), /espresso/);
      assert.equal(client.login.logins, 1, 'nobody logs in again');

      const saved = await readFile(state, 'utf8');
      assert.equal((JSON.parse(saved) as { version: number }).version, 2);
      await server.stop('SIGTERM');
      for (const text of [first, server.output(), saved]) assert.ok(!text.includes(pin), 'no PIN anywhere');
    });
  }
}

test('after a kill that left the lock behind, who is logged in is served at once', async (t) => {
  const folder = await scratchFolder();
  t.after(folder.remove);
  const vault = join(folder.path, 'notes');
  const state = join(folder.path, 'state.json');
  await mkdir(vault);
  await writeFile(join(vault, 'Café.md'), '# Café\n\nThe espresso is good here.\n');
  const port = await freePort();
  const args = ['--vault-path', vault, '--state-path', state];
  let server = await startServer({ port, args });
  t.after(() => server.stop('SIGKILL'));
  const client = await connectV1(server.url);
  t.after(() => client.close());
  await server.stop('SIGKILL');
  await mkdir(`${state}.lock`, 0o700);
  await writeFile(join(`${state}.lock`, 'ab'.repeat(16)), '', { mode: 0o600 });

  const startedMs = performance.now();
  server = await startServer({ port, args });
  assert.match(await client.read('Café.md'), /espresso/);
  const tookMs = Math.round(performance.now() - startedMs);
  t.diagnostic(`first answer after ${tookMs} ms`);
  assert.ok(tookMs < 4_000, `the first answer took ${tookMs} ms`);
  assert.equal((await fetch(`${server.url}/healthz`)).status, 503, 'what changes now is not saved yet');
  assert.equal(client.login.logins, 1);
  if (isFull) await until(async () => (await fetch(`${server.url}/healthz`)).status === 200);
  assert.equal(await server.stop('SIGTERM'), 0, server.output());
});
