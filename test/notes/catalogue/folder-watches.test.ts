import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { watchFolders } from '../../../src/notes/catalogue/folder-watches.js';

test('folders that are removed and made anew at once, often with the same inode, are still watched', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'watches-'));
  t.after(() => rmSync(root, { recursive: true }));
  const make = () => mkdirSync(join(root, 'a', 'b'), { recursive: true });
  make();
  const events = new EventTarget();
  const unwatch = watchFolders({
    root,
    isFollowed: () => true,
    onEvent: (_event, _folder, name) => events.dispatchEvent(new Event(name ?? '')),
    onFolder: () => {},
    onError: (error) => assert.fail(String(error)),
  });
  t.after(unwatch);
  for (let round = 0; round < 50; round++) {
    rmSync(join(root, 'a'), { recursive: true });
    make();
  }
  const told = once(events, 'all-known');
  writeFileSync(join(root, 'all-known'), '');
  await told;
  const seen = once(events, 'note.md', { signal: AbortSignal.timeout(5000) });
  writeFileSync(join(root, 'a', 'b', 'note.md'), '');
  await seen;
});
