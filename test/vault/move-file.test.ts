import assert from 'node:assert/strict';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { moveUnlessTaken } from '../../src/vault/move-file.js';
import { addFile, temporaryFolder } from './temporary-vault.js';

test('a file is not moved over another', async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'a', 'a');
  await addFile(root, 'b', 'b');
  await assert.rejects(moveUnlessTaken(join(root, 'a'), join(root, 'b')), { code: 'EEXIST' });
  assert.equal(await readFile(join(root, 'b'), 'utf8'), 'b');
  await moveUnlessTaken(join(root, 'a'), join(root, 'c'));
  assert.deepEqual(await readdir(root), ['b', 'c']);
});

test('what another program saves while a file is moved is never lost', async (t) => {
  const root = await temporaryFolder(t);
  const [from, to] = [join(root, 'from'), join(root, 'to')];
  for (let round = 0; round < 300; round++) {
    await writeFile(from, 'old');
    await writeFile(join(root, 'newer'), 'new');
    const [moved] = await Promise.allSettled([moveUnlessTaken(from, to), rename(join(root, 'newer'), from)]);
    assert.equal(moved.status, 'fulfilled');
    const texts = await Promise.all((await readdir(root)).map((name) => readFile(join(root, name), 'utf8')));
    assert.ok(texts.includes('new'), `round ${round}`);
    await rename(to, join(root, 'done'));
  }
});
