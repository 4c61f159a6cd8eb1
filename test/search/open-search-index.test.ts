import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../src/log.js';
import { openSearchIndex, type SearchIndexOptions } from '../../src/search/open-search-index.js';
import type { SearchIndex } from '../../src/search/search.js';
import { openVault } from '../../src/vault/open-vault.js';
import { createNotesFolder, type NotesFolder } from './notes-folder.js';

async function open(
  t: TestContext,
  folder: NotesFolder,
  options: Partial<SearchIndexOptions> = {},
): Promise<SearchIndex> {
  const vault = await openVault({ path: folder.root, log: silentLog });
  const index = await openSearchIndex({ vault, watch: false, log: silentLog, ...options });
  t.after(() => index.close());
  return index;
}

/** Asks until the answer satisfies, for at most `withinMs`. */
async function eventually<T>(ask: () => Promise<T>, isRight: (value: T) => boolean, withinMs = 5000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await ask();
    if (isRight(value)) return value;
    if (performance.now() > deadline) assert.fail(`still ${JSON.stringify(value)} after ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const paths = async (index: SearchIndex, text: string) =>
  (await index.search({ text, limit: 10 })).hits.map((hit) => hit.path);

test('finds a note once, with the best section and its lines', async (t) => {
  const folder = await createNotesFolder(t);
  await folder.put(
    'garden/roses.md',
    '# Roses\n\nAll about growing roses.\n\n## Pruning\n\nPrune the roses in February.\nUse sharp secateurs.\n',
  );
  await folder.put('cocina/paella.md', '# Paella\n\nUna receta valenciana con arroz y azafrán.\n');
  const index = await open(t, folder);
  await eventually(
    async () => index.status(),
    (status) => status.ready,
  );
  const { hits, status } = await index.search({ text: 'secateurs for roses', limit: 10 });
  assert.equal(hits.length, 1);
  assert.deepEqual(
    { ...hits[0], score: 0 },
    {
      path: 'garden/roses.md',
      title: 'Roses',
      section: 'Pruning',
      score: 0,
      text: '## Pruning\n\nPrune the roses in February.\nUse sharp secateurs.',
      line: 5,
      endLine: 8,
    },
  );
  assert.deepEqual(status, { ready: true, files: 2, indexed: 2, chunks: 3 });
  assert.deepEqual(await paths(index, 'recetas con AZAFRAN'), ['cocina/paella.md']);
});

test('sees what other programs add, change, move and delete', async (t) => {
  const folder = await createNotesFolder(t);
  await folder.put('a.md', '# First\n\nThe quick brown fox jumps.\n');
  const index = await open(t, folder, { watch: true });
  await eventually(
    async () => index.status(),
    (status) => status.ready,
  );
  await folder.put('new folder/b.md', '# Second\n\nA walrus in a new folder.\n');
  await eventually(
    () => paths(index, 'walrus'),
    (found) => found[0] === 'new folder/b.md',
  );
  await folder.put('a.md', '# First\n\nThe quick brown badger jumps.\n');
  await eventually(
    () => paths(index, 'badger'),
    (found) => found[0] === 'a.md',
  );
  assert.deepEqual(await paths(index, 'fox'), []);
  await folder.remove('new folder');
  await eventually(
    () => paths(index, 'walrus'),
    (found) => found.length === 0,
  );
  await eventually(
    async () => index.status().files,
    (files) => files === 1,
  );
});

test('a note that this process wrote is found when noteChanged resolves', async (t) => {
  const folder = await createNotesFolder(t);
  const index = await open(t, folder);
  await folder.put('c.md', '# Third\n\nAn ocelot sleeps here.\n');
  await index.noteChanged('c.md');
  assert.deepEqual(await paths(index, 'ocelots'), ['c.md']);
  await folder.remove('c.md');
  await index.noteChanged('c.md');
  assert.deepEqual(await paths(index, 'ocelot'), []);
});
