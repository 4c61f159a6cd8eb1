import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs, { rmSync } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { dropOldName, moveUnlessTaken } from '../../../src/notes/files/atomic-write.js';
import { boundsOf } from '../../../src/notes/files/locate.js';
import { finishRename, renameFile } from '../../../src/notes/files/rename-file.js';
import { addFile, temporaryFolder } from '../temporary-notes.js';

test('a file is not moved over another', async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'a', 'a');
  await addFile(root, 'b', 'b');
  assert.equal(moveUnlessTaken(join(root, 'a'), join(root, 'b')), false);
  assert.equal(await readFile(join(root, 'b'), 'utf8'), 'b');
  assert.equal(moveUnlessTaken(join(root, 'a'), join(root, 'c')), true);
  assert.deepEqual(await readdir(root), ['b', 'c']);
});

test('what other programs save while a file is moved is never lost', async (t) => {
  const root = await temporaryFolder(t);
  const [from, to] = [join(root, 'from'), join(root, 'to')];
  // The move is synchronous: another thread is needed to save in its midst.
  const saver = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const { renameSync, writeFileSync } = require('node:fs');
     parentPort.on('message', ({ newer, from }) => {
       writeFileSync(newer, 'new');
       renameSync(newer, from);
       parentPort.postMessage('saved');
     });`,
    { eval: true },
  );
  t.after(() => saver.terminate());
  for (let round = 0; round < 300; round++) {
    await writeFile(from, 'old');
    const saved = once(saver, 'message');
    saver.postMessage({ newer: join(root, 'newer'), from });
    for (const end = performance.now() + Math.random() * 0.3; performance.now() < end; );
    moveUnlessTaken(from, to);
    await saved;
    const texts = await Promise.all((await readdir(root)).map((name) => readFile(join(root, name), 'utf8')));
    assert.ok(texts.includes('new'), `round ${round}`);
    await rename(to, join(root, 'done'));
  }
});

test('a file whose new name is taken away while the old one is dropped keeps one that is seen', async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'from', 'text');
  dropOldName(join(root, 'from'), join(root, 'to'));
  assert.deepEqual(await readdir(root), ['to']);
});

test('two files whose inode numbers differ beyond the precision of a JavaScript number are not taken for one', async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'a.md', 'a');
  await addFile(root, 'b.md', 'b');
  const { lstatSync } = fs;
  const far = ((path: string, options?: { bigint?: boolean }) => {
    const stats = lstatSync(path, { ...options, throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    const inode = (1n << 62n) + (BigInt(stats.ino) % 256n);
    return Object.assign(stats, { ino: options?.bigint ? inode : Number(inode) });
  }) as typeof lstatSync;
  const mock = t.mock.method(fs, 'lstatSync', far);
  syncBuiltinESMExports();
  try {
    finishRename(boundsOf(root), 'a.md', 'b.md');
  } finally {
    mock.mock.restore();
    syncBuiltinESMExports();
  }
  assert.deepEqual(await readdir(root), ['a.md', 'b.md']);
  assert.equal(await readFile(join(root, 'b.md'), 'utf8'), 'b');
});

test('a file that is removed while it is moved is the one that is told to be missing', async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'a.md', 'a');
  assert.throws(
    () => renameFile(boundsOf(root), 'a.md', 'b.md', undefined, () => rmSync(join(root, 'a.md'))),
    /no note "a\.md"/,
  );
});
