import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { OpenNotesOptions } from '../../../src/notes/open-notes.js';
import { mount, mounting } from '../../faults/mount.js';
import { isFull } from '../../full.js';
import {
  addFile,
  collectLog,
  eventually,
  fill,
  listedPaths,
  temporaryFolder,
  temporaryNotes,
} from '../temporary-notes.js';

const count = 300;

async function filledVault(t: TestContext): Promise<{ path: string; cataloguePath: string }> {
  const path = await temporaryFolder(t);
  await fill(path, count);
  return { path, cataloguePath: join(await temporaryFolder(t), 'state', 'catalogue') };
}

/** Opens the notes, has them answer all there is, and closes them; returns the log. */
async function useOnce(t: TestContext, options: Partial<OpenNotesOptions>, expected = count) {
  const { log, entries } = collectLog();
  const notes = await temporaryNotes(t, {}, { meaning: 'off', ...options, log });
  await eventually(async () => (await listedPaths(notes)).length, expected);
  const best = async () => (await notes.search({ text: 'number 77', limit: 1 })).hits[0]?.path;
  await eventually(best, 'folder-7/77.md');
  await eventually(async () => (await notes.summary()).total, expected);
  await notes.close();
  const ready = entries.find(({ message }) => message === 'the notes are ready');
  const warnings = entries.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message);
  return { fromDisk: ready?.fields['fromDisk'], warnings };
}

test('the catalogue outlives a restart, is for its owner alone, and knows what changed meanwhile', async (t) => {
  const options = await filledVault(t);
  assert.deepEqual(await useOnce(t, options), { fromDisk: 0, warnings: [] });
  assert.deepEqual(await readdir(join(options.cataloguePath, '..')), ['catalogue']);
  assert.equal((await stat(options.cataloguePath)).mode & 0o777, 0o600);
  await addFile(options.path, 'folder-1/1.md', '# Changed\n');
  await addFile(options.path, 'added.md', '# Added\n');
  assert.deepEqual(await useOnce(t, options, count + 1), { fromDisk: count, warnings: [] });
  const notes = await temporaryNotes(t, {}, { ...options, meaning: 'off' });
  for (const name of await readdir(join(options.cataloguePath, '..'))) {
    assert.equal((await stat(join(options.cataloguePath, '..', name))).mode & 0o077, 0, name);
  }
  const { notes: listed } = await notes.list({ limit: 1000 });
  assert.equal(listed.find(({ path }) => path === 'folder-1/1.md')?.title, 'Changed');
});

test('a folder in the place of the owner file is put away', async (t) => {
  const options = await filledVault(t);
  await mkdir(join(`${options.cataloguePath}.owner`, 'deep'), { recursive: true });
  assert.deepEqual(await useOnce(t, options), { fromDisk: 0, warnings: [] });
  assert.deepEqual(await readdir(join(options.cataloguePath, '..')), ['catalogue']);
  assert.deepEqual(await useOnce(t, options), { fromDisk: count, warnings: [] });
});

test('a file that is no catalogue, of another vault or cut off is made anew', async (t) => {
  const options = await filledVault(t);
  await useOnce(t, options);
  const path = options.cataloguePath;
  const whole = await readFile(path);
  for (const [name, damage] of [
    ['garbage', () => writeFile(path, 'garbage'.repeat(5000))],
    ['empty', () => writeFile(path, '')],
    ['cut off', () => truncate(path, whole.length / 2)],
    ['header', () => writeFile(path, Buffer.concat([Buffer.alloc(100), whole.subarray(100)]))],
    ['stray log', () => writeFile(`${path}-wal`, 'x'.repeat(50_000))],
    ['stray lock', () => writeFile(`${path}.owner`, '{"pid":1,"host":"')],
  ] as const) {
    await writeFile(path, whole);
    await damage();
    const { warnings } = await useOnce(t, options);
    assert.ok(
      warnings.every((warning) => /rebuilt|started anew/.test(warning)),
      `${name}: ${warnings}`,
    );
  }
  const other = await temporaryFolder(t);
  await fill(other, count);
  assert.deepEqual(await useOnce(t, { ...options, path: other }), { fromDisk: 0, warnings: [] });
});

test('a link in the place of the catalogue is replaced, and what it leads to stays as it was', async (t) => {
  const options = await filledVault(t);
  const target = join(await temporaryFolder(t), 'target');
  await writeFile(target, 'of somebody else');
  await chmod(target, 0o644);
  await mkdir(join(options.cataloguePath, '..'));
  await symlink(target, options.cataloguePath);
  await useOnce(t, options);
  assert.equal(await readFile(target, 'utf8'), 'of somebody else');
  assert.equal((await stat(target)).mode & 0o777, 0o644);
  assert.ok((await lstat(options.cataloguePath)).isFile());
});

test('a catalogue with damaged pages is never an error for who asks', async (t) => {
  const options = await filledVault(t);
  await useOnce(t, options);
  const whole = await readFile(options.cataloguePath);
  const rounds = isFull ? 12 : 4;
  for (let round = 0; round < rounds; round++) {
    await writeFile(options.cataloguePath, whole);
    const file = await open(options.cataloguePath, 'r+');
    const pages = Math.floor(whole.length / 4096);
    const page = 1 + Math.floor((round / rounds) * (pages - 1));
    await file.write(Buffer.alloc(4096, round % 2 === 0 ? 0 : 0xff), 0, 4096, page * 4096);
    await file.close();
    await useOnce(t, options);
  }
});

test('a process that is killed while it writes leaves a catalogue that the next one uses', async (t) => {
  const options = await filledVault(t);
  for (let round = 0; round < (isFull ? 30 : 3); round++) {
    const args = [options.path, options.cataloguePath];
    const child = fork(join(import.meta.dirname, 'catalogue-process.js'), args, { execArgv: [] });
    await once(child, 'message');
    if (round % 2 === 1) await once(child, 'message');
    await setTimeout(Math.random() * 300);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const notes = await temporaryNotes(t, {}, { ...options, meaning: 'off' });
    const onDisk = (await readdir(options.path, { recursive: true })).filter((path) => path.endsWith('.md'));
    await eventually(() => listedPaths(notes), onDisk.sort());
    await notes.close();
    assert.ok(existsSync(options.cataloguePath), 'kept on disk');
  }
});

test('a second server on the same file goes without it, and the next one has it again', async (t) => {
  const options = await filledVault(t);
  const first = await temporaryNotes(t, {}, { ...options, meaning: 'off' });
  const { warnings, fromDisk } = await useOnce(t, options);
  assert.deepEqual([warnings, fromDisk], [['the catalogue is kept in memory: its file cannot be used'], 0]);
  assert.equal((await listedPaths(first)).length, count);
  await first.close();
  assert.deepEqual(await useOnce(t, options), { fromDisk: count, warnings: [] });
});

test('a catalogue inside the vault, or in a folder that cannot be, is kept in memory', async (t) => {
  const { path } = await filledVault(t);
  assert.equal((await useOnce(t, { path, cataloguePath: join(path, 'catalogue') })).warnings.length, 1);
  assert.equal((await useOnce(t, { path, cataloguePath: join(path, 'folder-1/1.md/catalogue') })).warnings.length, 1);
  assert.ok(!existsSync(join(path, 'catalogue')));
});

test('on a full disk the catalogue is done without', mounting, async (t) => {
  const folder = await mount(t, '-t', 'tmpfs', '-o', 'size=128k', 'vault-mcp-test');
  const path = await temporaryFolder(t);
  await fill(path, count);
  const { warnings } = await useOnce(t, { path, cataloguePath: join(folder, 'catalogue') });
  assert.ok(warnings.length > 0);
});
