import assert from 'node:assert/strict';
import { unlinkSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { VaultError } from '../../src/vault/errors.js';
import { holdByDescriptor, holdByPath } from '../../src/vault/held-folder.js';
import { withPlace } from '../../src/vault/locate-note.js';
import { changeNote, loadNote } from '../../src/vault/stored-note.js';
import { createVisibility } from '../../src/vault/visibility.js';
import { addFile, temporaryFolder, temporaryVault, vaultError } from './temporary-vault.js';

test('concurrent edits of one note all count', async (t) => {
  const numbers = Array.from({ length: 40 }, (_, index) => index);
  const vault = await temporaryVault(t, { 'a.md': numbers.map((number) => `<${number}>`).join('\n') });
  await Promise.all(numbers.map((number) => vault.edit('a.md', `<${number}>`, `done ${number}.`)));
  assert.equal((await vault.read('a.md')).text, numbers.map((number) => `done ${number}.`).join('\n'));
});

test('of concurrent writes with one hash, or of one new note, exactly one succeeds', async (t) => {
  const vault = await temporaryVault(t, { 'a.md': 'x' });
  const { hash } = await vault.read('a.md');
  for (const write of [
    (number: number) => vault.write('a.md', `text ${number}`, { ifMatch: hash }),
    (number: number) => vault.write('new/b.md', `text ${number}`),
  ]) {
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map(write));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of results) {
      if (result.status === 'rejected')
        assert.ok(result.reason instanceof VaultError && /^(conflict|exists)$/.test(result.reason.code));
    }
  }
});

test('a failed change does not hold up the next', async (t) => {
  const vault = await temporaryVault(t, { 'a.md': 'x' });
  const results = await Promise.allSettled([vault.edit('a.md', 'absent', 'y'), vault.edit('a.md', 'x', 'y')]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  );
});

for (const [way, hold] of [
  ['descriptor', holdByDescriptor],
  ['path', holdByPath],
] as const) {
  const boundsOf = (root: string) => ({ root, hold, isOpen: createVisibility([]) });

  test(`by ${way}: an outside change between reading and renaming is a conflict, and is kept`, async (t) => {
    const root = await temporaryFolder(t);
    const bounds = boundsOf(root);
    await addFile(root, 'a.md', 'mine');
    const changed = changeNote(bounds, 'a.md', {}, () => {
      writeFileSync(join(root, 'a.md'), 'theirs');
      return 'ours';
    });
    await assert.rejects(changed, vaultError('conflict', /its hash is now [0-9a-f]{64}/));
    assert.equal(await readFile(join(root, 'a.md'), 'utf8'), 'theirs');
    const removed = changeNote(bounds, 'a.md', {}, () => {
      unlinkSync(join(root, 'a.md'));
      return 'ours';
    });
    await assert.rejects(removed, vaultError('conflict', /removed/));
    let calls = 0;
    const appeared = changeNote(bounds, 'b.md', { create: true }, () => {
      if (++calls === 1) writeFileSync(join(root, 'b.md'), 'theirs');
      return 'ours';
    });
    await assert.rejects(appeared, vaultError('conflict'));
    assert.equal(await readFile(join(root, 'b.md'), 'utf8'), 'theirs');
    assert.deepEqual(await readdir(root), ['b.md']);
  });

  test(`by ${way}: links, missing notes and other Unicode forms`, async (t) => {
    const [root, outside] = [await temporaryFolder(t), await temporaryFolder(t)];
    const bounds = boundsOf(root);
    await addFile(root, 'f/ñ.md'.normalize('NFD'), 'text');
    await addFile(outside, 'secret.md', 'secret');
    await symlink('f', join(root, 'alias'));
    await symlink(outside, join(root, 'out'));
    assert.equal((await loadNote(bounds, 'alias/ñ.md')).path, 'f/ñ.md'.normalize('NFD'));
    await assert.rejects(loadNote(bounds, 'out/secret.md'), vaultError('outside_vault'));
    await assert.rejects(loadNote(bounds, 'absent/a.md'), vaultError('not_found'));
    await changeNote(bounds, 'new/deep/a.md', { create: true }, () => 'x');
    assert.equal(await readFile(join(root, 'new/deep/a.md'), 'utf8'), 'x');
  });

  test(`by ${way}: a folder swapped for a link after it was found leads to nothing outside`, async (t) => {
    const [root, outside] = [await temporaryFolder(t), await temporaryFolder(t)];
    await addFile(root, 'f/a.md', 'inside');
    await addFile(outside, 'a.md', 'secret');
    await withPlace(boundsOf(root), 'f/a.md', {}, async ({ folder, name }) => {
      await rename(join(root, 'f'), join(root, 'g'));
      await symlink(outside, join(root, 'f'));
      if (way === 'descriptor') assert.equal(await readFile(folder.at(name), 'utf8'), 'inside');
      else await assert.rejects(folder.confirm(), vaultError('outside_vault'));
    });
    await withPlace(boundsOf(root), 'g/a.md', {}, async (place) => {
      await rename(join(root, 'g'), join(root, 'h'));
      await symlink(outside, join(root, 'g'));
      await assert.rejects(async () => place.folder.enter('absent'));
    });
  });
}

test('nothing outside is read or written while links are swapped in and out', async (t) => {
  const [root, outside] = [await temporaryFolder(t), await temporaryFolder(t)];
  const bounds = { root, hold: holdByDescriptor, isOpen: createVisibility([]) };
  await addFile(root, 'f/a.md', 'inside');
  await addFile(root, 'away/a.md', 'inside');
  await addFile(outside, 'a.md', 'secret');
  let swapping = true;
  const swaps = (async () => {
    while (swapping) {
      await rename(join(root, 'f'), join(root, 'kept'));
      await symlink(outside, join(root, 'f'));
      await unlink(join(root, 'f'));
      await rename(join(root, 'kept'), join(root, 'f'));
      await rename(join(root, 'f/a.md'), join(root, 'f/kept'));
      // The vault may have written the note anew in between.
      await symlink(join(outside, 'a.md'), join(root, 'f/a.md')).catch(() => {});
      await rename(join(root, 'f/kept'), join(root, 'f/a.md'));
    }
  })();
  let worked = 0;
  try {
    for (let round = 0; round < 300; round++) {
      try {
        if (round % 3 === 0) await changeNote(bounds, 'f/a.md', {}, () => `inside ${round}`);
        else assert.match((await loadNote(bounds, 'f/a.md')).text, /^inside/);
        worked++;
      } catch (error) {
        if (!(error instanceof VaultError)) throw error;
        assert.match(error.code, /^(not_found|outside_vault|conflict|unreadable|unwritable)$/);
      }
    }
  } finally {
    swapping = false;
    await swaps;
  }
  assert.ok(worked > 0);
  assert.equal(await readFile(join(outside, 'a.md'), 'utf8'), 'secret');
  assert.deepEqual(await readdir(outside), ['a.md']);
});

test('an atomic writer outside never makes a note look torn', async (t) => {
  const vault = await temporaryVault(t, { 'a.md': 'x'.repeat(100_000) });
  let writing = true;
  const writes = (async () => {
    for (let round = 0; writing; round++) {
      await writeFile(join(vault.root, 'staged'), String(round % 10).repeat(100_000));
      await rename(join(vault.root, 'staged'), join(vault.root, 'a.md'));
    }
  })();
  try {
    for (let round = 0; round < 100; round++) {
      const { text } = await vault.read('a.md');
      assert.equal(text, text.charAt(0).repeat(100_000));
    }
  } finally {
    writing = false;
    await writes;
  }
});
