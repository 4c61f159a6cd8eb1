import assert from 'node:assert/strict';
import { chmod, chown, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openVault } from '../../src/vault/open-vault.js';
import { addFile, temporaryFolder, vaultError } from './temporary-vault.js';

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
  for (const path of ['good.md', 'locked.md', 'closed/a.md', 'fixed/a.md']) await addFile(root, path, 'text');
  await chmod(join(root, 'locked.md'), 0);
  await chmod(join(root, 'closed'), 0);
  await chmod(join(root, 'fixed'), 0o555);
  try {
    await withoutPrivileges(root, ['good.md', 'locked.md', 'closed', 'fixed', 'fixed/a.md'], () =>
      useLockedVault(root),
    );
  } finally {
    for (const folder of ['closed', 'fixed']) await chmod(join(root, folder), 0o755);
  }
});

async function useLockedVault(root: string): Promise<void> {
  const warnings: unknown[] = [];
  const quiet = () => {};
  const log = {
    debug: quiet,
    info: quiet,
    error: quiet,
    warn: (_message: string, fields?: object) => warnings.push(fields),
  };
  const vault = await openVault({ path: root, log });
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(
      (await vault.list()).map(({ path }) => path),
      ['fixed/a.md', 'good.md', 'locked.md'],
    );
  }
  assert.deepEqual(warnings, [{ path: 'closed', code: 'EACCES' }]);
  await assert.rejects(vault.read('locked.md'), vaultError('unreadable', /"locked.md" cannot be read: .*permission/));
  await assert.rejects(vault.read('closed/a.md'), vaultError('unreadable'));
  await assert.rejects(vault.write('fixed/a.md', 'x', { overwrite: true }), vaultError('unwritable', /permission/));
  await assert.rejects(vault.write('fixed/new.md', 'x'), vaultError('unwritable'));
  await assert.rejects(vault.move('good.md', 'fixed/good.md'), vaultError('unwritable'));
  await assert.rejects(vault.trash('fixed/a.md'), vaultError('unwritable'));
  assert.equal(await readFile(join(root, 'fixed/a.md'), 'utf8'), 'text');
  assert.deepEqual(
    (await vault.catalogue()).map(({ problem }) => problem),
    [undefined, undefined, 'unreadable'],
  );
  assert.equal((await vault.read('good.md')).text, 'text');
}

test('a server run as root leaves notes and new folders with the owner they had', {
  skip: process.geteuid?.() !== 0 && 'needs root',
}, async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'a.md', 'text');
  await chown(join(root, 'a.md'), somebody, somebody);
  await chown(root, somebody, somebody);
  await chmod(root, 0o750);
  const quiet = () => {};
  const vault = await openVault({ path: root, log: { debug: quiet, info: quiet, warn: quiet, error: quiet } });
  await vault.edit('a.md', 'text', 'new');
  await vault.write('f/b.md', 'x');
  await vault.write('c.md', 'x');
  for (const path of ['a.md', 'f', 'f/b.md', 'c.md']) assert.equal((await stat(join(root, path))).uid, somebody, path);
  assert.equal((await stat(join(root, 'c.md'))).mode & 0o777, 0o640);
});
