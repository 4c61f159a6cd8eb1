import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../../src/log.js';
import { watchVault } from '../../../src/notes/catalogue/watch-vault.js';
import { boundsOf } from '../../../src/notes/files/locate.js';

test('folders that are removed and made anew at once, often with the same inode, are still watched', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'watches-'));
  t.after(() => rmSync(root, { recursive: true }));
  const make = () => mkdirSync(join(root, 'a', 'b'), { recursive: true });
  make();
  const changes = new EventEmitter();
  const watcher = watchVault({
    bounds: boundsOf(root),
    log: silentLog,
    onChange: (paths) => changes.emit('change', paths),
    onLimit: () => assert.fail('too many folders'),
  });
  t.after(() => watcher.close());
  /** Writes a file until that very change is told, and not only that something changed. */
  const isTold = async (path: string) => {
    for (;;) {
      const change = once(changes, 'change', { signal: AbortSignal.timeout(5000) });
      writeFileSync(join(root, path), '');
      const [paths] = (await change) as [readonly string[] | undefined];
      if (paths?.includes(path)) return;
    }
  };
  watcher.check();
  for (let round = 0; round < 50; round++) {
    rmSync(join(root, 'a'), { recursive: true });
    make();
  }
  await isTold('all-known');
  await isTold('a/b/note.md');
});
