import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import fs, { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { silentLog } from '../../../src/log.js';
import { watchVault } from '../../../src/notes/catalogue/watch-vault.js';
import { boundsOf } from '../../../src/notes/files/locate.js';

function watchFolder(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'watches-'));
  const changes = new EventEmitter();
  const watcher = watchVault({
    bounds: boundsOf(root),
    log: silentLog,
    onChange: (paths) => changes.emit('change', paths),
    onLimit: () => assert.fail('too many folders'),
  });
  t.after(() => {
    watcher.close();
    rmSync(root, { recursive: true });
  });
  /** Writes a file until that very change is told, and not only that something changed. */
  const isTold = async (path: string) => {
    for (;;) {
      const change = once(changes, 'change', { signal: AbortSignal.timeout(5000) });
      writeFileSync(join(root, path), '');
      const [paths] = (await change) as [readonly string[] | undefined];
      if (paths?.includes(path)) return;
    }
  };
  return { root, watcher, changes, isTold };
}

test('folders that are removed and made anew at once, often with the same inode, are still watched', async (t) => {
  const { root, watcher, isTold } = watchFolder(t);
  const make = () => mkdirSync(join(root, 'a', 'b'), { recursive: true });
  make();
  watcher.check();
  for (let round = 0; round < 50; round++) {
    rmSync(join(root, 'a'), { recursive: true });
    make();
  }
  await isTold('all-known');
  await isTold('a/b/note.md');
});

test('a folder whose event was lost is watched from the next check on', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const { root, watcher, isTold } = watchFolder(t);
  writeFileSync(join(root, 'one'), '');
  watcher.check();
  await isTold('begun');
  // Nothing is read of the system's queue meanwhile, and each renaming takes two places in it.
  const queued = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  for (let count = 0; count < queued; count += 2) {
    const names = [join(root, 'one'), join(root, 'two')] as const;
    renameSync(names[count % 4 === 0 ? 0 : 1], names[count % 4 === 0 ? 1 : 0]);
  }
  mkdirSync(join(root, 'late', 'later'), { recursive: true });
  await isTold('all-known');
  watcher.check();
  await isTold('late/later/note.md');
});

test('a folder that cannot be watched causes no scan after each check', async (t) => {
  const { root, watcher, changes } = watchFolder(t);
  mkdirSync(join(root, 'a'));
  const watch = t.mock.method(fs, 'watch', () => {
    throw Object.assign(new Error('no'), { code: 'EACCES' });
  });
  syncBuiltinESMExports();
  try {
    const first = once(changes, 'change', { signal: AbortSignal.timeout(5000) });
    watcher.check();
    assert.deepEqual(await first, [undefined]);
    let told = 0;
    changes.on('change', () => told++);
    watcher.check();
    await setTimeout(200);
    assert.equal(told, 0);
  } finally {
    watch.mock.restore();
    syncBuiltinESMExports();
  }
});

test('a folder that goes just before it is watched, and is made anew, is watched', async (t) => {
  const { root, watcher, isTold } = watchFolder(t);
  const path = join(root, 'a');
  mkdirSync(path);
  const { watch } = fs;
  const failing = (folder: string, ...rest: [fs.WatchListener<string>]) => {
    if (folder === path) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    return watch(folder, ...rest);
  };
  const method = t.mock.method(fs, 'watch', failing as typeof watch);
  syncBuiltinESMExports();
  try {
    watcher.check();
  } finally {
    method.mock.restore();
    syncBuiltinESMExports();
  }
  watcher.check();
  await isTold('a/note.md');
});
