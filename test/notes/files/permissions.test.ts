import assert from 'node:assert/strict';
import { chmod, chown, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Notes } from '../../../src/notes/notes.js';
import {
  addFile,
  collectLog,
  listedPaths,
  notesError,
  readNote,
  temporaryFolder,
  temporaryNotes,
} from '../temporary-notes.js';

const somebody = 65534;

/** Permissions do not bind root, so root does this as somebody else, who owns the files. */
async function withoutPrivileges(root: string, paths: readonly string[], work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  for (const path of ['.', ...paths]) await chown(join(root, path), somebody, somebody);
  process.seteuid?.(somebody);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

test('what may not be read or written is told, and the rest goes on', async (t) => {
  const root = await temporaryFolder(t);
  const paths = ['good.md', 'locked.md', 'closed/a.md', 'dark/a.md', 'fixed/a.md'];
  for (const path of paths) await addFile(root, path, 'text');
  await chmod(join(root, 'locked.md'), 0);
  await chmod(join(root, 'closed'), 0);
  // Its names can be read, and nothing else of what is in it.
  await chmod(join(root, 'dark'), 0o444);
  await chmod(join(root, 'fixed'), 0o555);
  try {
    await withoutPrivileges(root, ['good.md', 'locked.md', 'closed', 'dark', 'fixed', 'fixed/a.md'], () =>
      useLockedVault(t, root),
    );
  } finally {
    for (const folder of ['closed', 'dark', 'fixed']) await chmod(join(root, folder), 0o755);
  }
});

async function useLockedVault(t: TestContext, root: string): Promise<void> {
  const { log, entries } = collectLog();
  const notes = await temporaryNotes(t, {}, { path: root, log });
  const write = (path: string) => notes.write({ path, content: 'x', overwrite: true });
  for (let round = 0; round < 2; round++) {
    await notes.reindex();
    assert.deepEqual(await listedPaths(notes), ['fixed/a.md', 'good.md', 'locked.md']);
  }
  assert.deepEqual(
    entries
      .filter(({ level }) => level === 'warn')
      .map(({ fields }) => `${fields['path']} ${fields['code']}`)
      .sort(),
    ['closed EACCES', 'dark EACCES'],
  );
  await assert.rejects(
    readNote(notes, 'locked.md'),
    notesError('unreadable', /"locked.md" cannot be read: .*permission/),
  );
  await assert.rejects(readNote(notes, 'closed/a.md'), notesError('unreadable'));
  await assert.rejects(write('fixed/a.md'), notesError('unwritable', /permission/));
  await assert.rejects(write('fixed/new.md'), notesError('unwritable'));
  await assert.rejects(notes.move({ from: 'good.md', to: 'fixed/good.md' }), notesError('unwritable'));
  await assert.rejects(notes.trash({ path: 'fixed/a.md' }), notesError('unwritable'));
  assert.equal(await readFile(join(root, 'fixed/a.md'), 'utf8'), 'text');
  assert.deepEqual(await problems(notes), [undefined, undefined, 'unreadable']);
  assert.equal((await readNote(notes, 'good.md')).text, 'text');
  // Within the call, as the worker must not outlive the privileges it was started with.
  await notes.close();
}

async function problems(notes: Notes): Promise<(string | undefined)[]> {
  return (await notes.list({})).notes.map(({ problem }) => problem?.split(':')[0]);
}

test('a server run as root leaves notes and new folders with the owner they had', {
  skip: process.geteuid?.() !== 0 && 'needs root',
}, async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'a.md', 'text');
  await chown(join(root, 'a.md'), somebody, somebody);
  await chown(root, somebody, somebody);
  await chmod(root, 0o750);
  const notes = await temporaryNotes(t, {}, { path: root });
  await notes.write({ path: 'a.md', content: 'new', overwrite: true });
  await notes.write({ path: 'f/b.md', content: 'x' });
  await notes.write({ path: 'c.md', content: 'x' });
  for (const path of ['a.md', 'f', 'f/b.md', 'c.md']) assert.equal((await stat(join(root, path))).uid, somebody, path);
  assert.equal((await stat(join(root, 'c.md'))).mode & 0o777, 0o640);
});
