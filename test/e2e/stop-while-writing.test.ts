import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort, scratchFolder, startServer } from './server-process.js';

const rounds = 5;
const text = 'word '.repeat(20_000);

test('SIGTERM while a note is written lets the write finish, and the server ends by itself', async (t) => {
  for (let round = 0; round < rounds; round++) {
    const folder = await scratchFolder();
    t.after(folder.remove);
    const vault = join(folder.path, 'notes');
    await mkdir(vault);
    const server = await startServer({ port: await freePort(), args: ['--no-auth', '--vault-path', vault] });
    t.after(() => server.stop('SIGKILL'));
    const stopped = new Promise<number | null>((resolve) => {
      const watcher = watch(vault, () => {
        watcher.close();
        resolve(server.stop('SIGTERM'));
      });
    });
    const answer = await fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'vault_write', arguments: { file_path: 'note.md', content: text } },
      }),
    });
    assert.match(await answer.text(), /"created":true/);
    assert.equal(await stopped, 0, server.output());
  }
});
