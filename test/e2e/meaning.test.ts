import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../cli/run-command.js';
import { type ServerProcess, startServer } from '../cli/server-process.js';
import { startEmbeddingsServer } from '../notes/search/embeddings-server.js';

interface Found {
  hits: { path: string; line: number; section: string; by: string }[];
  by_meaning?: boolean;
}

async function search(server: ServerProcess, query: string): Promise<{ text: string; data: Found }> {
  const response = await fetch(`${server.url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'vault_search', arguments: { query } },
    }),
  });
  const { result } = JSON.parse((await response.text()).replace(/^[\s\S]*?\{/, '{'));
  return { text: result.content[0].text, data: result.structuredContent };
}

async function untilFound(server: ServerProcess, query: string): Promise<Found> {
  for (const deadline = Date.now() + 30_000; ; ) {
    const { data } = await search(server, query);
    if (data.hits.length > 0) return data;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(Date.now() < deadline, server.outcome.stderr);
  }
}

test('vault_search finds by meaning, from vectors that outlive a restart, and by words when the endpoint is gone and built-in meaning is off', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'vault'));
  await writeFile(join(folder, 'vault', 'garage.md'), '# Garage\n\n## Winter\n\nThe car needs new tyres.\n');
  const endpoint = await startEmbeddingsServer(t);
  const options = {
    folder,
    args: ['--no-auth', '--state-path', 'state.json', '--search-cache', 'index', '--meaning', 'off'],
    env: {
      VAULT_EMBEDDINGS_URL: `${endpoint.url}/api/embed`,
      VAULT_EMBEDDING_MODEL: 'concepts',
      VAULT_EMBEDDINGS_API_KEY: 'sk-secret',
    },
  };
  const first = await startServer(t, options);
  assert.deepEqual(
    (await untilFound(first, 'automobile')).hits.map(({ path, line, section }) => ({ path, line, section })),
    [{ path: 'garage.md', line: 3, section: 'Winter' }],
  );
  assert.equal((await first.stop()).code, 0);

  endpoint.requests.length = 0;
  const second = await startServer(t, options);
  assert.equal((await untilFound(second, 'automobile')).by_meaning, true);
  assert.deepEqual([...new Set(endpoint.texts())], ['automobile']);
  assert.ok(endpoint.requests.every(({ headers }) => headers.authorization === 'Bearer sk-secret'));

  await endpoint.stop();
  const { text, data } = await search(second, 'tyres');
  assert.equal(data.hits[0]?.path, 'garage.md');
  assert.equal(data.by_meaning, false);
  assert.match(text, /Found by words only/);
  const { code, stdout, stderr } = await second.stop();
  assert.equal(code, 0);
  assert.doesNotMatch(stdout + stderr, /sk-secret/);
  assert.equal(stderr.match(/embeddings endpoint/g)?.length, 1, stderr);
});

test('from the first start vault_search finds by meaning without any endpoint, unless it is told not to', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'vault'));
  await writeFile(join(folder, 'vault', 'garage.md'), '# Garage\n\n## Winter\n\nThe car needs new tyres.\n');
  const server = await startServer(t, { folder, args: ['--no-auth'] });
  const { hits, by_meaning: byMeaning } = await untilFound(server, 'neumáticos del coche');
  assert.deepEqual([hits[0]?.path, hits[0]?.by, byMeaning], ['garage.md', 'meaning', true]);
  await server.stop();
  const without = await startServer(t, { folder, args: ['--no-auth', '--meaning', 'off'] });
  const words = await untilFound(without, 'tyre');
  assert.deepEqual([words.hits[0]?.by, words.by_meaning], ['words', undefined]);
  assert.deepEqual((await search(without, 'neumáticos del coche')).data.hits, []);
  await without.stop();
});
