import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createNotesFolder } from './notes-folder.js';
import { collectLog, eventually, fill, open, pathsFound, untilReady } from './open-index.js';

/** A busy machine is no failure; the bench measures. */
const slack = 3;

test('sees what other programs add, change, move and delete', async (t) => {
  const folder = await createNotesFolder(t);
  await folder.put('a.md', '# First\n\nThe quick brown fox jumps.\n');
  const index = await open(t, folder, { watch: true });
  await untilReady(index);
  await folder.put('new folder/b.md', '# Second\n\nA walrus in a new folder.\n');
  await eventually(() => pathsFound(index, 'walrus'), ['new folder/b.md']);
  await folder.put('a.md', '# First\n\nThe quick brown badger jumps.\n');
  await eventually(() => pathsFound(index, 'badger'), ['a.md']);
  assert.deepEqual(await pathsFound(index, 'fox'), []);
  await rename(join(folder.root, 'new folder'), join(folder.root, 'moved'));
  await eventually(() => pathsFound(index, 'walrus'), ['moved/b.md']);
  await rename(join(folder.root, 'a.md'), join(folder.root, 'moved/ä b.md'));
  await eventually(() => pathsFound(index, 'badger'), ['moved/ä b.md']);
  await folder.remove('moved');
  await eventually(async () => index.status().files, 0);
  assert.deepEqual(await pathsFound(index, 'walrus'), []);
});

test('hidden, underscored and ignored notes stay out, also when they appear later', async (t) => {
  const folder = await createNotesFolder(t);
  const text = '# Secret\n\nThe platypus is hidden.\n';
  const index = await open(t, folder, { watch: true, ignore: ['private/**'] });
  await untilReady(index);
  for (const path of ['.hidden/a.md', '_drafts/b.md', 'private/c.md', 'x/.d.md', 'x/e.txt'])
    await folder.put(path, text);
  await folder.put('open.md', '# Open\n\nThis platypus is not.\n');
  await eventually(() => pathsFound(index, 'platypus'), ['open.md']);
  assert.equal(index.status().files, 1);
});

test('a note is found within a second of its change, in a vault of 500', async (t) => {
  const folder = await createNotesFolder(t);
  await fill(folder.root, 500);
  const index = await open(t, folder, { watch: true });
  await untilReady(index);
  await folder.put('folder-3/new.md', '# New\n\nThe axolotl swims.\n');
  await eventually(() => pathsFound(index, 'axolotl'), ['folder-3/new.md'], 1000 * slack);
});

test('a burst of 2,000 files is taken in, and a burst of deletions', async (t) => {
  const [folder, source] = [await createNotesFolder(t), await createNotesFolder(t)];
  await fill(source.root, 2000);
  const index = await open(t, folder, { watch: true });
  await untilReady(index);
  await promisify(execFile)('cp', ['-r', `${source.root}/.`, folder.root]);
  await eventually(async () => index.status().indexed, 2000, 30_000);
  await rm(join(folder.root, 'folder-1'), { recursive: true });
  await eventually(async () => index.status().indexed, 1800, 30_000);
});

test('a bad note is left out and logged, and comes when it is good', async (t) => {
  const folder = await createNotesFolder(t);
  const { log, entries } = collectLog();
  await folder.put('good.md', '# Good\n\nThis note is readable.\n');
  await folder.put('binary.md', Uint8Array.from([0xff, 0xfe, 0, 1, 2, 3, 0, 0]));
  const index = await open(t, folder, { watch: true, log });
  await untilReady(index);
  assert.deepEqual(index.status(), { ready: true, files: 2, indexed: 1, chunks: 1 });
  assert.deepEqual(
    entries.filter(({ level }) => level === 'warn').map(({ fields }) => fields['path']),
    ['binary.md'],
  );
  await folder.put('binary.md', '# Text\n\nNow this is readable too.\n');
  await eventually(async () => (await pathsFound(index, 'readable')).length, 2);
});

test('a vault that disappears loses nothing, and is followed again when it is back', async (t) => {
  const folder = await createNotesFolder(t);
  await folder.put('a.md', '# First\n\nThe quick brown fox jumps.\n');
  const { log, entries } = collectLog();
  const index = await open(t, folder, { watch: true, log });
  await untilReady(index);
  const away = `${folder.root}-away`;
  t.after(() => rm(away, { recursive: true, force: true }));
  await rename(folder.root, away);
  await eventually(async () => entries.some(({ message }) => message.includes('waiting for it')), true);
  assert.equal(index.status().indexed, 1);
  await rename(away, folder.root);
  await eventually(async () => entries.some(({ message }) => message.includes('is back')), true);
  assert.deepEqual(await pathsFound(index, 'fox'), ['a.md']);
  await folder.put('b.md', '# Second\n\nA walrus came later.\n');
  await eventually(() => pathsFound(index, 'walrus'), ['b.md']);
});

test('a folder put in the vault’s place at once is followed', async (t) => {
  const folder = await createNotesFolder(t);
  await folder.put('a.md', '# First\n\nThe quick brown fox jumps.\n');
  const index = await open(t, folder, { watch: true });
  await untilReady(index);
  const away = `${folder.root}-away`;
  t.after(() => rm(away, { recursive: true, force: true }));
  await mkdir(`${folder.root}-new`);
  await writeFile(join(`${folder.root}-new`, 'b.md'), '# Second\n\nA walrus instead.\n');
  await rename(folder.root, away);
  await rename(`${folder.root}-new`, folder.root);
  await eventually(() => pathsFound(index, 'walrus'), ['b.md']);
  await folder.put('c.md', '# Third\n\nAn ocelot after that.\n');
  await eventually(() => pathsFound(index, 'ocelot'), ['c.md']);
  assert.equal(index.status().files, 2);
});

test('a folder inside that takes another’s place is followed, however deep, and so is what was moved away', async (t) => {
  const folder = await createNotesFolder(t);
  await folder.put('work/deep/a.md', '# First\n\nThe quick brown fox jumps.\n');
  await folder.put('other/deep/b.md', '# Second\n\nA walrus.\n');
  const index = await open(t, folder, { watch: true });
  await untilReady(index);
  await rename(join(folder.root, 'work'), join(folder.root, 'kept'));
  await rename(join(folder.root, 'other'), join(folder.root, 'work'));
  await eventually(() => pathsFound(index, 'walrus'), ['work/deep/b.md']);
  await folder.put('work/deep/c.md', '# Third\n\nAn ocelot.\n');
  await eventually(() => pathsFound(index, 'ocelot'), ['work/deep/c.md']);
  await folder.put('kept/deep/d.md', '# Fourth\n\nA lemur.\n');
  await eventually(() => pathsFound(index, 'lemur'), ['kept/deep/d.md']);
});

/** A namespace in which only two folders can be watched. */
const fewWatches = ['-Ur', 'sh', '-c', 'echo 2 >/proc/sys/user/max_inotify_watches && exec "$@"', 'sh'];
const canLimit = spawnSync('unshare', [...fewWatches, 'true']).status === 0;

test('when the system watches no more folders it looks, and warns once', {
  skip: !canLimit && 'needs unshare',
}, async (t) => {
  const folder = await createNotesFolder(t);
  await fill(folder.root, 20);
  const script = `${import.meta.dirname}/blind-process.js`;
  const child = await promisify(execFile)('unshare', [...fewWatches, process.execPath, script, folder.root]);
  const warnings = JSON.parse(child.stdout) as { message: string }[];
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]?.message ?? '', /watches no more folders/);
});
