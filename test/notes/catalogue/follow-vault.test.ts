import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { Notes } from '../../../src/notes/notes.js';
import type { OpenNotesOptions } from '../../../src/notes/open-notes.js';
import { addFile, collectLog, eventually, fill, temporaryFolder, temporaryNotes } from '../temporary-notes.js';

/** A busy machine is no failure; the bench measures. */
const slack = 3;

test('sees what other programs add, change, move and delete', async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'a.md', '# First\n\nThe quick brown fox jumps.\n');
  const notes = await follow(t, root);
  await addFile(root, 'new folder/b.md', '# Second\n\nA walrus in a new folder.\n');
  await eventually(() => pathsFound(notes, 'walrus'), ['new folder/b.md']);
  await addFile(root, 'a.md', '# First\n\nThe quick brown badger jumps.\n');
  await eventually(() => pathsFound(notes, 'badger'), ['a.md']);
  assert.deepEqual(await pathsFound(notes, 'fox'), []);
  await rename(join(root, 'new folder'), join(root, 'moved'));
  await eventually(() => pathsFound(notes, 'walrus'), ['moved/b.md']);
  await rename(join(root, 'a.md'), join(root, 'moved/ä b.md'));
  await eventually(() => pathsFound(notes, 'badger'), ['moved/ä b.md']);
  await rm(join(root, 'moved'), { recursive: true });
  await eventually(async () => notes.status().files, 0);
  assert.deepEqual(await pathsFound(notes, 'walrus'), []);
});

test('hidden, underscored and ignored notes stay out, also when they appear later', async (t) => {
  const root = await temporaryFolder(t);
  const text = '# Secret\n\nThe platypus is hidden.\n';
  const notes = await follow(t, root, { ignore: ['private/**'] });
  for (const path of ['.hidden/a.md', '_drafts/b.md', 'private/c.md', 'x/.d.md', 'x/e.txt'])
    await addFile(root, path, text);
  await addFile(root, 'open.md', '# Open\n\nThis platypus is not.\n');
  await eventually(() => pathsFound(notes, 'platypus'), ['open.md']);
  await eventually(async () => notes.status().files, 1);
});

test('a note is found within a second of its change, in a vault of 500', async (t) => {
  const root = await temporaryFolder(t);
  await fill(root, 500);
  const notes = await follow(t, root);
  await addFile(root, 'folder-3/new.md', '# New\n\nThe axolotl swims.\n');
  await eventually(() => pathsFound(notes, 'axolotl'), ['folder-3/new.md'], 1000 * slack);
});

test('a burst of 2,000 files is taken in, and a burst of deletions', async (t) => {
  const [root, source] = [await temporaryFolder(t), await temporaryFolder(t)];
  await fill(source, 2000);
  const notes = await follow(t, root);
  await promisify(execFile)('cp', ['-r', `${source}/.`, root]);
  await eventually(async () => notes.status().indexed, 2000, 30_000);
  await rm(join(root, 'folder-1'), { recursive: true });
  await eventually(async () => notes.status().indexed, 1800, 30_000);
});

test('a bad note is listed as a problem, and is read when it is good', async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'good.md', '# Good\n\nThis note is readable.\n');
  await addFile(root, 'binary.md', Uint8Array.from([0xff, 0xfe, 0, 1, 2, 3, 0, 0]));
  const notes = await follow(t, root);
  await eventually(async () => notes.status().problems, 1);
  assert.equal(notes.status().indexed, 1);
  assert.equal((await notes.list({})).notes[0]?.problem?.split(':')[0], 'not_text');
  await addFile(root, 'binary.md', '# Text\n\nNow this is readable too.\n');
  await eventually(async () => (await pathsFound(notes, 'readable')).length, 2);
});

test('a vault that disappears loses nothing, and is followed again when it is back', async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'a.md', '# First\n\nThe quick brown fox jumps.\n');
  const { log, entries } = collectLog();
  const notes = await follow(t, root, { log });
  const away = `${root}-away`;
  t.after(() => rm(away, { recursive: true, force: true }));
  await rename(root, away);
  await eventually(async () => entries.some(({ message }) => message.includes('waiting for it')), true);
  assert.equal(notes.status().indexed, 1);
  await rename(away, root);
  await eventually(async () => entries.some(({ message }) => message.includes('is back')), true);
  assert.deepEqual(await pathsFound(notes, 'fox'), ['a.md']);
  await addFile(root, 'b.md', '# Second\n\nA walrus came later.\n');
  await eventually(() => pathsFound(notes, 'walrus'), ['b.md']);
});

test('a folder put in the vault’s place at once is followed', async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'a.md', '# First\n\nThe quick brown fox jumps.\n');
  const notes = await follow(t, root);
  const away = `${root}-away`;
  t.after(() => rm(away, { recursive: true, force: true }));
  await mkdir(`${root}-new`);
  await writeFile(join(`${root}-new`, 'b.md'), '# Second\n\nA walrus instead.\n');
  await rename(root, away);
  await rename(`${root}-new`, root);
  await eventually(() => pathsFound(notes, 'walrus'), ['b.md']);
  await addFile(root, 'c.md', '# Third\n\nAn ocelot after that.\n');
  await eventually(() => pathsFound(notes, 'ocelot'), ['c.md']);
  await eventually(async () => notes.status().files, 2);
});

test('a folder inside that takes another’s place is followed, however deep, and so is what was moved away', async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'work/deep/a.md', '# First\n\nThe quick brown fox jumps.\n');
  await addFile(root, 'other/deep/b.md', '# Second\n\nA walrus.\n');
  const notes = await follow(t, root);
  await rename(join(root, 'work'), join(root, 'kept'));
  await rename(join(root, 'other'), join(root, 'work'));
  await eventually(() => pathsFound(notes, 'walrus'), ['work/deep/b.md']);
  await addFile(root, 'work/deep/c.md', '# Third\n\nAn ocelot.\n');
  await eventually(() => pathsFound(notes, 'ocelot'), ['work/deep/c.md']);
  await addFile(root, 'kept/deep/d.md', '# Fourth\n\nA lemur.\n');
  await eventually(() => pathsFound(notes, 'lemur'), ['kept/deep/d.md']);
});

/** A namespace in which only two folders can be watched. */
const fewWatches = ['-Ur', 'sh', '-c', 'echo 2 >/proc/sys/user/max_inotify_watches && exec "$@"', 'sh'];
const canLimit = spawnSync('unshare', [...fewWatches, 'true']).status === 0;

test('when the system cannot watch more folders it looks, and warns once', {
  skip: !canLimit && 'needs unshare',
}, async (t) => {
  const root = await temporaryFolder(t);
  await fill(root, 20);
  const script = `${import.meta.dirname}/blind-process.js`;
  const child = await promisify(execFile)('unshare', [...fewWatches, process.execPath, script, root]);
  const warnings = JSON.parse(child.stdout) as { message: string }[];
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]?.message ?? '', /cannot watch more folders/);
});

function follow(t: TestContext, path: string, options: Partial<OpenNotesOptions> = {}): Promise<Notes> {
  return temporaryNotes(t, {}, { path, watch: true, meaning: 'off', ...options });
}

async function pathsFound(notes: Notes, text: string): Promise<string[]> {
  return (await notes.search({ text, limit: 10 })).hits.map((hit) => hit.path);
}
