import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { moveUnlessTaken } from '../../../src/notes/files/atomic-write.js';
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
