import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readIndexFile, writeIndexFile } from '../../src/search/index-file.js';
import { NoteIndex } from '../../src/search/note-index.js';
import { indexOf, pathsFound } from './sample-index.js';

async function cachePath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-mcp-cache-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'new folder', 'index');
}

const sample = () =>
  indexOf({
    'a.md': '# Año\n\nUn texto de ejemplo.\n\n## Más\n\nY otra sección de él.',
    'b.md': '# B\n\nAn example text.',
  });

test('an index comes back as it was, from a file that only its owner reads', async (t) => {
  const path = await cachePath(t);
  const index = sample();
  await writeIndexFile(path, '/vault', index.toStored());
  const stored = await readIndexFile(path, '/vault');
  assert.deepEqual(stored, index.toStored());
  assert.deepEqual(pathsFound(new NoteIndex(stored), 'sección'), ['a.md']);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(path, '..')), ['index']);
});

test('an empty index too', async (t) => {
  const path = await cachePath(t);
  await writeIndexFile(path, '/vault', new NoteIndex().toStored());
  assert.deepEqual(await readIndexFile(path, '/vault'), new NoteIndex().toStored());
});

test('another vault’s index, an older one and none are ignored', async (t) => {
  const path = await cachePath(t);
  assert.equal(await readIndexFile(path, '/vault'), undefined);
  await writeIndexFile(path, '/vault', sample().toStored());
  assert.equal(await readIndexFile(path, '/other'), undefined);
  const bytes = await readFile(path);
  await writeFile(path, bytes.toString('latin1').replace(/index 1\.\d+/, 'index 0.9'), 'latin1');
  assert.equal(await readIndexFile(path, '/vault'), undefined);
});

test('a damaged file is ignored, wherever the damage is', async (t) => {
  const path = await cachePath(t);
  await writeIndexFile(path, '/vault', sample().toStored());
  const bytes = await readFile(path);
  const damaged = [Buffer.alloc(0), Buffer.from('\n'), Buffer.from('null\n'), Buffer.concat([bytes, Buffer.from('x')])];
  for (let at = 0; at < bytes.length; at += 7) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ 0x10;
    damaged.push(flipped, bytes.subarray(0, at));
  }
  for (const copy of damaged) {
    await writeFile(path, copy);
    assert.equal(await readIndexFile(path, '/vault'), undefined);
  }
});
