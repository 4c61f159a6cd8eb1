import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { silentLog } from '../../src/log.js';
import { openServerStore } from '../../src/state/store/open-server-store.js';
import { resource, temporaryFolder } from './state-fixture.js';

const sound = '{"version":2,"clients":{},"grants":{},"access_tokens":{},"refresh_tokens":{}}';
const somebody = 54_321;
const asRoot = { skip: process.geteuid?.() === 0 ? false : 'needs root' };

async function assertRefused(folder: string, name: string, reason: RegExp, outside?: string): Promise<void> {
  const path = join(folder, name);
  const content = () => readFile(path).catch((error: NodeJS.ErrnoException) => error.code);
  const isFifo = name === 'fifo';
  const before = isFifo ? undefined : await content();
  const names = await readdir(folder);
  const options = { path, resource, refreshTokenTtlSeconds: 9, log: silentLog };
  await assert.rejects(openServerStore(outside === undefined ? options : { ...options, outside }), (error: unknown) => {
    assert.match((error as Error).message, reason);
    assert.ok((error as { hint?: string }).hint);
    return true;
  });
  assert.deepEqual(await readdir(folder), names);
  if (!isFifo) assert.deepEqual(await content(), before);
}

test('a file that is something else is refused and not touched', async (t) => {
  const folder = await temporaryFolder(t);
  const contents: [string, string, RegExp][] = [
    ['newer', sound.replace('2', '3'), /version 3/],
    ['package.json', '{"name":"x","version":"1.0.0"}', /no state file/],
    ['lock.json', '{"version":1,"packages":{}}', /no state file/],
    ['list.json', '[]', /no state file/],
    ['null.json', 'null', /no state file/],
    ['empty.json', '{}', /no state file/],
  ];
  for (const [name, text, reason] of contents) {
    await writeFile(join(folder, name), text);
    await assertRefused(folder, name, reason);
  }
});

test('a folder or a pipe in its place is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'folder'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  for (const name of ['folder', 'fifo']) await assertRefused(folder, name, /a folder, a pipe or a device/);
});

test('a path inside the vault is refused, by whatever links, and its folder is not made', async (t) => {
  const folder = await temporaryFolder(t);
  const vault = join(folder, 'vault');
  await mkdir(vault);
  await symlink(vault, join(folder, 'link'));
  for (const name of ['vault/state.json', 'vault/deep/er/state.json', 'link/state.json']) {
    await assertRefused(folder, name, /inside/, vault);
  }
  await assertRefused(folder, 'vault/state.json', /inside/, join(folder, 'link'));
  assert.deepEqual(await readdir(vault), []);
});

test('a folder where everybody may replace files is refused; one where they may only add is not', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'state.json'), sound, { mode: 0o600 });
  await chmod(folder, 0o777);
  await assertRefused(folder, 'state.json', /everybody may replace/);
  await assertRefused(folder, 'absent.json', /everybody may replace/);
  await chmod(folder, 0o1777);
  const store = await openServerStore({
    path: join(folder, 'state.json'),
    resource,
    refreshTokenTtlSeconds: 9,
    log: silentLog,
  });
  await store.close();
});

test('a file that somebody else put there is refused', asRoot, async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'state.json'), sound, { mode: 0o600 });
  await chown(join(folder, 'state.json'), somebody, somebody);
  await chmod(folder, 0o1777);
  await assertRefused(folder, 'state.json', /belongs to another user/);
});
