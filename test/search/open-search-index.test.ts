import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../src/log.js';
import { openVault } from '../../src/vault/open-vault.js';
import type { Vault } from '../../src/vault/vault.js';
import { createNotesFolder, type NotesFolder } from './notes-folder.js';
import { collectLog, eventually, fill, open, pathsFound, untilReady } from './open-index.js';

async function cachePath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-mcp-cache-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'index');
}

/** The vault over a folder, and the paths that were read from it. */
async function watchReads(folder: NotesFolder): Promise<{ vault: Vault; reads: string[] }> {
  const vault = await openVault({ path: folder.root, log: silentLog });
  const reads: string[] = [];
  const read = (path: string) => {
    reads.push(path);
    return vault.read(path);
  };
  return { vault: { ...vault, read }, reads };
}

/** Notes of before the last seconds, whose times can be trusted. */
async function age(folder: NotesFolder, ...paths: string[]): Promise<void> {
  const before = Date.now() / 1000 - 60;
  for (const path of paths) await utimes(join(folder.root, path), before, before);
}

test('finds a note once, with the best section and its lines', async (t) => {
  const folder = await createNotesFolder(t);
  await folder.put(
    'garden/roses.md',
    '# Roses\n\nAll about growing roses.\n\n## Pruning\n\nPrune the roses in February.\nUse sharp secateurs.\n',
  );
  await folder.put('cocina/paella.md', '# Paella\n\nUna receta valenciana con arroz y azafrán.\n');
  const index = await open(t, folder);
  await untilReady(index);
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
  assert.deepEqual(await pathsFound(index, 'recetas con AZAFRAN'), ['cocina/paella.md']);
});

test('a note that this process wrote is found when noteChanged resolves, before the first pass is done too', async (t) => {
  const folder = await createNotesFolder(t);
  await fill(folder.root, 500);
  const index = await open(t, folder);
  await folder.put('c.md', '# Third\n\nAn ocelot sleeps here.\n');
  await index.noteChanged('c.md');
  assert.deepEqual(await pathsFound(index, 'ocelots'), ['c.md']);
  await folder.remove('c.md');
  await index.noteChanged('c.md');
  assert.deepEqual(await pathsFound(index, 'ocelot'), []);
});

test('answers while the first pass runs, and says how far it is', async (t) => {
  const folder = await createNotesFolder(t);
  await fill(folder.root, 1000);
  const index = await open(t, folder);
  const { status } = await index.search({ text: 'words', limit: 1 });
  assert.equal(status.ready, false);
  assert.equal(await index.reindex(), undefined);
  await untilReady(index);
  assert.deepEqual(index.status(), { ready: true, files: 1000, indexed: 1000, chunks: 1000 });
});

test('reindex reads everything again, and finds what nobody told of', async (t) => {
  const folder = await createNotesFolder(t);
  await folder.put('a.md', '# First\n\nThe quick brown fox jumps.\n');
  const { vault, reads } = await watchReads(folder);
  const index = await open(t, folder, { vault });
  await untilReady(index);
  await folder.put('b.md', '# Second\n\nA walrus came later.\n');
  reads.length = 0;
  const [first, second] = await Promise.all([index.reindex(), index.reindex()]);
  assert.deepEqual({ ...first, seconds: 0 }, { files: 2, chunks: 2, seconds: 0 });
  assert.equal(first, second);
  assert.deepEqual(reads.sort(), ['a.md', 'b.md']);
  assert.deepEqual(await pathsFound(index, 'walrus'), ['b.md']);
});

test('a start from disk reads only what changed meanwhile', async (t) => {
  const folder = await createNotesFolder(t);
  const cache = await cachePath(t);
  for (const name of ['quiet', 'touched', 'edited', 'deleted']) {
    await folder.put(`${name}.md`, `# Note\n\nThis is about the ${name} one.\n`);
  }
  await age(folder, 'quiet.md', 'touched.md', 'edited.md', 'deleted.md');
  const before = await open(t, folder, { cachePath: cache });
  await untilReady(before);
  await before.close();
  assert.equal((await stat(cache)).mode & 0o777, 0o600);

  await folder.put('edited.md', '# Note\n\nThis is about a walrus.\n');
  await folder.put('new.md', '# Note\n\nThis is about an ocelot.\n');
  await utimes(join(folder.root, 'touched.md'), 1000, 1000);
  await folder.remove('deleted.md');
  const { vault, reads } = await watchReads(folder);
  const after = await open(t, folder, { vault, cachePath: cache });
  await untilReady(after);
  assert.deepEqual(reads.sort(), ['deleted.md', 'edited.md', 'new.md', 'touched.md']);
  assert.deepEqual((await pathsFound(after, 'quiet touched')).sort(), ['quiet.md', 'touched.md']);
  assert.deepEqual(await pathsFound(after, 'walrus'), ['edited.md']);
  assert.deepEqual(await pathsFound(after, 'ocelot'), ['new.md']);
  assert.deepEqual(await pathsFound(after, 'deleted'), []);
  assert.deepEqual(after.status(), { ready: true, files: 4, indexed: 4, chunks: 4 });
});

test('an unchanged vault is known at once from disk', async (t) => {
  const folder = await createNotesFolder(t);
  const cache = await cachePath(t);
  await folder.put('a.md', '# First\n\nThe quick brown fox jumps.\n');
  await age(folder, 'a.md');
  const before = await open(t, folder, { cachePath: cache });
  await untilReady(before);
  await before.close();
  const { vault, reads } = await watchReads(folder);
  const after = await open(t, folder, { vault, cachePath: cache });
  await untilReady(after);
  assert.deepEqual(after.status(), { ready: true, files: 1, indexed: 1, chunks: 1 });
  assert.deepEqual(reads, []);
});

test('a file changed right before it was indexed is read again, as its time cannot be trusted', async (t) => {
  const folder = await createNotesFolder(t);
  const cache = await cachePath(t);
  await folder.put('a.md', '# First\n\nThe quick brown fox jumps.\n');
  const before = await open(t, folder, { cachePath: cache });
  await untilReady(before);
  await before.close();
  const { mtime } = await stat(join(folder.root, 'a.md'));
  await folder.put('a.md', '# First\n\nThe quick brown cat jumps.\n');
  await utimes(join(folder.root, 'a.md'), mtime, mtime);
  const after = await open(t, folder, { cachePath: cache });
  await untilReady(after);
  assert.deepEqual(await pathsFound(after, 'cat'), ['a.md']);
});

test('a damaged index on disk is built anew', async (t) => {
  const folder = await createNotesFolder(t);
  const cache = await cachePath(t);
  await folder.put('a.md', '# First\n\nThe quick brown fox jumps.\n');
  await writeFile(cache, 'nonsense');
  const index = await open(t, folder, { cachePath: cache });
  await untilReady(index);
  assert.deepEqual(await pathsFound(index, 'fox'), ['a.md']);
  await index.close();
  assert.match((await readFile(cache)).toString(), /^\{"version":"vault-mcp index/);
});

test('an index on disk that cannot be written is a warning', async (t) => {
  const folder = await createNotesFolder(t);
  const { log, entries } = collectLog();
  await folder.put('a.md', '# First\n\nThe quick brown fox jumps.\n');
  const index = await open(t, folder, { cachePath: '/dev/null/index', log });
  await untilReady(index);
  await index.close();
  assert.deepEqual(
    entries.filter(({ level }) => level === 'warn').map(({ fields }) => fields['path']),
    ['/dev/null/index'],
  );
});

test('no index is kept in the vault', async (t) => {
  const folder = await createNotesFolder(t);
  const { log, entries } = collectLog();
  await folder.put('sub/a.md', '# First\n\nThe quick brown fox jumps.\n');
  const cache = join(folder.root, 'sub', 'index');
  const index = await open(t, folder, { cachePath: cache, log });
  await untilReady(index);
  await index.close();
  await assert.rejects(stat(cache));
  assert.match(entries.find(({ level }) => level === 'warn')?.message ?? '', /inside the vault/);
});

test('a closed index says so, and closes in the middle of its first pass', async (t) => {
  const folder = await createNotesFolder(t);
  await fill(folder.root, 300);
  const index = await open(t, folder, { watch: true });
  await eventually(async () => index.status().indexed > 0, true);
  await index.close();
  await index.close();
  await assert.rejects(index.search({ text: 'words', limit: 1 }), { code: 'search_closed' });
});
