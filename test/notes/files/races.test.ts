import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { NotesError } from '../../../src/notes/errors.js';
import { changeFile } from '../../../src/notes/files/change-file.js';
import { holdByDescriptor, holdByPath } from '../../../src/notes/files/held-folder.js';
import { type Bounds, boundsOf, withPlace } from '../../../src/notes/files/locate.js';
import { readPlace, type StoredFile } from '../../../src/notes/files/stored-file.js';
import { isFull } from '../../full.js';
import { addFile, notesError, readNote, temporaryFolder, temporaryNotes } from '../temporary-notes.js';

test('concurrent edits of one note all count', async (t) => {
  const numbers = Array.from({ length: 40 }, (_, index) => index);
  const notes = await temporaryNotes(t, { 'a.md': numbers.map((number) => `<${number}>`).join('\n') });
  await Promise.all(
    numbers.map((number) => notes.edit({ path: 'a.md', oldText: `<${number}>`, newText: `done ${number}.` })),
  );
  assert.equal((await readNote(notes, 'a.md')).text, numbers.map((number) => `done ${number}.`).join('\n'));
});

test('of concurrent writes with one hash, or of one new note, exactly one succeeds', async (t) => {
  const notes = await temporaryNotes(t, { 'a.md': 'x' });
  const { hash } = await readNote(notes, 'a.md');
  for (const write of [
    (number: number) => notes.write({ path: 'a.md', content: `text ${number}`, ifMatch: hash }),
    (number: number) => notes.write({ path: 'new/b.md', content: `text ${number}` }),
  ]) {
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map(write));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of results) {
      if (result.status === 'rejected')
        assert.ok(result.reason instanceof NotesError && /^(conflict|exists)$/.test(result.reason.code));
    }
  }
});

test('a failed change does not hold up the next', async (t) => {
  const notes = await temporaryNotes(t, { 'a.md': 'x' });
  const results = await Promise.allSettled([
    notes.edit({ path: 'a.md', oldText: 'absent', newText: 'y' }),
    notes.edit({ path: 'a.md', oldText: 'x', newText: 'y' }),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  );
});

for (const [way, hold] of [
  ['descriptor', holdByDescriptor],
  ['path', holdByPath],
] as const) {
  test(`by ${way}: an outside change between reading and renaming is a conflict, and is kept`, async (t) => {
    const root = await temporaryFolder(t);
    const bounds = { ...boundsOf(root), hold };
    await addFile(root, 'a.md', 'mine');
    const changing = (path: string, create: boolean, meanwhile: () => void) => () =>
      changeFile(bounds, path, { create }, () => {
        meanwhile();
        return Buffer.from('ours');
      });
    const changed = changing('a.md', false, () => writeFileSync(join(root, 'a.md'), 'theirs'));
    assert.throws(changed, notesError('conflict', /its hash is now [0-9a-f]{64}/));
    assert.equal(await readFile(join(root, 'a.md'), 'utf8'), 'theirs');
    const removed = changing('a.md', false, () => unlinkSync(join(root, 'a.md')));
    assert.throws(removed, notesError('conflict', /removed/));
    let calls = 0;
    const appeared = changing('b.md', true, () => {
      if (++calls === 1) writeFileSync(join(root, 'b.md'), 'theirs');
    });
    assert.throws(appeared, notesError('conflict'));
    assert.equal(await readFile(join(root, 'b.md'), 'utf8'), 'theirs');
    assert.deepEqual(await readdir(root), ['b.md']);
  });

  test(`by ${way}: links, missing notes and other Unicode forms`, async (t) => {
    const [root, outside] = [await temporaryFolder(t), await temporaryFolder(t)];
    const bounds = { ...boundsOf(root), hold };
    await addFile(root, 'f/ñ.md'.normalize('NFD'), 'text');
    await addFile(outside, 'secret.md', 'secret');
    await symlink('f', join(root, 'alias'));
    await symlink(outside, join(root, 'out'));
    assert.equal(load(bounds, 'alias/ñ.md').path, 'f/ñ.md'.normalize('NFD'));
    assert.throws(() => load(bounds, 'out/secret.md'), notesError('outside_vault'));
    assert.throws(() => load(bounds, 'absent/a.md'), notesError('not_found'));
    changeFile(bounds, 'new/deep/a.md', { create: true }, () => Buffer.from('x'));
    assert.equal(await readFile(join(root, 'new/deep/a.md'), 'utf8'), 'x');
  });

  test(`by ${way}: a folder swapped for a link after it was found leads to nothing outside`, async (t) => {
    const [root, outside] = [await temporaryFolder(t), await temporaryFolder(t)];
    await addFile(root, 'f/a.md', 'inside');
    await addFile(outside, 'a.md', 'secret');
    withPlace({ ...boundsOf(root), hold }, 'f/a.md', {}, ({ folder, name }) => {
      renameSync(join(root, 'f'), join(root, 'g'));
      symlinkSync(outside, join(root, 'f'));
      if (way === 'descriptor') assert.equal(readFileSync(folder.at(name), 'utf8'), 'inside');
      else assert.throws(() => folder.confirm(), notesError('outside_vault'));
    });
    withPlace({ ...boundsOf(root), hold }, 'g/a.md', {}, (place) => {
      renameSync(join(root, 'g'), join(root, 'h'));
      symlinkSync(outside, join(root, 'g'));
      assert.throws(() => place.folder.enter('absent'));
    });
  });
}

/** Swaps a folder and a note for links to others and back, until it is ended. */
const swapping = `
  const { parentPort, workerData: { root, outside } } = require('node:worker_threads');
  const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
  const { join } = require('node:path');
  const at = (path) => join(root, path);
  parentPort.postMessage('begun');
  for (;;) {
    renameSync(at('f'), at('kept'));
    symlinkSync(outside, at('f'));
    unlinkSync(at('f'));
    renameSync(at('kept'), at('f'));
    renameSync(at('f/a.md'), at('f/kept'));
    // The vault may have written the note anew in between.
    try {
      symlinkSync(join(outside, 'a.md'), at('f/a.md'));
    } catch {}
    renameSync(at('f/kept'), at('f/a.md'));
  }
`;

test('nothing outside is read or written while links are swapped in and out', async (t) => {
  const [root, outside] = [await temporaryFolder(t), await temporaryFolder(t)];
  const bounds = { ...boundsOf(root), hold: holdByDescriptor };
  await addFile(root, 'f/a.md', 'inside');
  await addFile(outside, 'a.md', 'secret');
  const swapper = new Worker(swapping, { eval: true, workerData: { root, outside } });
  await once(swapper, 'message');
  const end = performance.now() + (isFull ? 15_000 : 1_500);
  let [worked, refused] = [0, 0];
  try {
    for (let round = 0; performance.now() < end; round++) {
      try {
        if (round % 3 === 0) changeFile(bounds, 'f/a.md', {}, () => Buffer.from(`inside ${round}`));
        else assert.match(Buffer.from(load(bounds, 'f/a.md').bytes).toString(), /^inside/);
        worked++;
      } catch (error) {
        if (!(error instanceof NotesError)) throw error;
        assert.match(error.code, /^(not_found|outside_vault|conflict|unreadable|unwritable)$/);
        refused++;
      }
    }
  } finally {
    await swapper.terminate();
  }
  assert.ok(worked > 0 && refused > 0, `${worked} worked, ${refused} refused`);
  assert.equal(await readFile(join(outside, 'a.md'), 'utf8'), 'secret');
  assert.deepEqual(await readdir(outside), ['a.md']);
});

test('an atomic writer outside never makes a note look torn', async (t) => {
  const notes = await temporaryNotes(t, { 'a.md': 'x'.repeat(100_000) });
  let writing = true;
  const writes = (async () => {
    for (let round = 0; writing; round++) {
      await writeFile(join(notes.root, 'staged'), String(round % 10).repeat(100_000));
      await rename(join(notes.root, 'staged'), join(notes.root, 'a.md'));
    }
  })();
  try {
    for (let round = 0; round < 100; round++) {
      const { text } = await readNote(notes, 'a.md');
      assert.equal(text, text.charAt(0).repeat(100_000));
    }
  } finally {
    writing = false;
    await writes;
  }
});

function load(bounds: Bounds, path: string): StoredFile {
  return withPlace(bounds, path, {}, readPlace);
}
