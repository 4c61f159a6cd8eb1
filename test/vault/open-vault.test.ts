import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../src/log.js';
import { createVault } from '../../src/vault/create-vault.js';
import { openVault } from '../../src/vault/open-vault.js';
import { addFile, temporaryFolder, temporaryVault, vaultError } from './temporary-vault.js';

test('a new vault has a welcome note, and an existing folder is not touched', async (t) => {
  const root = join(await temporaryFolder(t), 'vault');
  await createVault(root);
  const vault = await openVault({ path: root, log: silentLog });
  assert.deepEqual(
    (await vault.list()).map(({ path }) => path),
    ['welcome.md'],
  );
  assert.equal((await vault.read('welcome.md')).metadata.title, 'Welcome to your vault');
  await assert.rejects(createVault(root), vaultError('exists'));
});

test('lists notes in path order, without hidden, ignored, linked and foreign files', async (t) => {
  const vault = await temporaryVault(
    t,
    {
      'b.md': 'b',
      'a/z.md': 'z',
      'a/y.MD': 'y',
      '.obsidian/x.md': 'x',
      '_templates/x.md': 'x',
      'a/_draft.md': 'x',
      'Private/deep/x.md': 'x',
      'journal/old/x.md': 'x',
      'journal/new.md': 'x',
      'a/secret.draft.md': 'x',
      'image.png': 'x',
    },
    { ignore: ['private', 'Journal/old/**', '*.draft.md'] },
  );
  await mkdir(join(vault.root, 'folder.md'));
  await symlink('b.md', join(vault.root, 'link.md'));
  const paths = (await vault.list()).map(({ path }) => path);
  assert.deepEqual(paths, ['a/y.MD', 'a/z.md', 'b.md', 'journal/new.md']);
  for (const path of paths) assert.ok(vault.isListed(path));
  for (const path of ['.obsidian/x.md', 'a/_draft.md', 'Private/deep/x.md', 'image.png', '/b.md', 'a//z.md']) {
    assert.equal(vault.isListed(path), false, path);
  }
});

test('a path that is not one of an open note is refused, and nothing is made', async (t) => {
  const outside = await temporaryFolder(t);
  await addFile(outside, 'secret.md', 'secret');
  const vault = await temporaryVault(
    t,
    { 'a.md': 'a', '.git/x.md': 'x', 'Private/x.md': 'x' },
    { ignore: ['private/**'] },
  );
  await symlink(join(outside, 'secret.md'), join(vault.root, 'out.md'));
  await symlink(outside, join(vault.root, 'outfolder'));
  await symlink(join(vault.root, '.git'), join(vault.root, 'git'));
  await symlink('nowhere.md', join(vault.root, 'dangling.md'));
  await symlink('loop.md', join(vault.root, 'loop.md'));
  await mkdir(join(vault.root, 'folder.md'));
  const refused: [string, string][] = [
    ['', 'bad_path'],
    ['  ', 'bad_path'],
    ['../a.md', 'outside_vault'],
    ['x/../../a.md', 'outside_vault'],
    ['/etc/passwd.md', 'outside_vault'],
    ['C:/a.md', 'outside_vault'],
    ['x\\a.md', 'bad_path'],
    ['a\0.md', 'bad_path'],
    ['a\n.md', 'bad_path'],
    ['\ud800.md', 'bad_path'],
    ['.git/x.md', 'outside_vault'],
    ['git/x.md', 'outside_vault'],
    ['_x/a.md', 'outside_vault'],
    ['.md', 'outside_vault'],
    ['Private/x.md', 'outside_vault'],
    ['PRIVATE/x.md', 'outside_vault'],
    ['out.md', 'outside_vault'],
    ['outfolder/secret.md', 'outside_vault'],
    ['outfolder/new.md', 'outside_vault'],
    ['dangling.md', 'outside_vault'],
    ['loop.md', 'outside_vault'],
    [`${'n'.repeat(300)}.md`, 'bad_path'],
    [`${'é'.repeat(127)}.md`, 'bad_path'],
    [`${'n/'.repeat(3000)}a.md`, 'bad_path'],
    ['a.txt', 'not_markdown'],
    ['a', 'not_markdown'],
    ['a.md/', 'not_markdown'],
    ['folder.md', 'not_markdown'],
    ['a.md/b.md', 'not_found'],
  ];
  const before = (await readdir(vault.root, { recursive: true })).sort();
  for (const [path, code] of refused) {
    await assert.rejects(vault.read(path), vaultError(code), `read ${JSON.stringify(path).slice(0, 40)}`);
    await assert.rejects(
      vault.write(path, 'x', { overwrite: true }),
      vaultError(code),
      `write ${JSON.stringify(path).slice(0, 40)}`,
    );
    await assert.rejects(vault.edit(path, 'x', 'y'), vaultError(code), `edit ${JSON.stringify(path).slice(0, 40)}`);
  }
  await assert.rejects(vault.read('absent.md'), vaultError('not_found', /There is no note "absent.md"/));
  assert.deepEqual((await readdir(vault.root, { recursive: true })).sort(), before);
  assert.deepEqual(await readdir(outside), ['secret.md']);
  assert.equal(await readFile(join(outside, 'secret.md'), 'utf8'), 'secret');
});

test('a link inside the vault leads to the note itself', async (t) => {
  const vault = await temporaryVault(t, { 'real/note.md': 'text' });
  await symlink('real', join(vault.root, 'alias'));
  await symlink(join(vault.root, 'real/note.md'), join(vault.root, 'link.md'));
  assert.equal((await vault.read('alias/note.md')).path, 'real/note.md');
  assert.equal((await vault.edit('link.md', 'text', 'new')).path, 'real/note.md');
  assert.equal(await readFile(join(vault.root, 'real/note.md'), 'utf8'), 'new');
  assert.equal((await vault.write('alias/deep/new.md', 'x')).path, 'real/deep/new.md');
});

test('names are found in either Unicode form, and new ones are composed', async (t) => {
  const composed = 'Año/Café.md'.normalize('NFC');
  const decomposed = composed.normalize('NFD');
  const vault = await temporaryVault(t, { [decomposed]: 'x' });
  assert.equal((await vault.read(composed)).path, decomposed);
  assert.equal((await vault.read(decomposed)).path, decomposed);
  assert.equal((await vault.write(composed, 'y', { overwrite: true })).created, false);
  assert.deepEqual(await readdir(vault.root), ['Año'.normalize('NFD')]);
  assert.equal((await vault.write('ñu.md'.normalize('NFD'), 'y')).path, 'ñu.md'.normalize('NFC'));
  assert.equal((await vault.read('ñu.md'.normalize('NFD'))).path, 'ñu.md'.normalize('NFC'));
});

test('awkward files are read, or refused with a reason', async (t) => {
  const vault = await temporaryVault(t, {
    'binary.md': Buffer.from([0x89, 0x50, 0, 0xff]),
    'nul.md': 'a\0b',
    'utf16.md': Buffer.from('\ufeffhello', 'utf16le'),
    'empty.md': '',
    'huge.md': Buffer.alloc(20_000_000, 'x'),
    'with spaces & 🟡 ñ.md': '\ufeff# Título\r\n\r\ntext',
  });
  execFileSync('mkfifo', [join(vault.root, 'pipe.md')]);
  await symlink('/dev/zero', join(vault.root, 'zero.md'));
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(join(vault.root, 'socket.md'), resolve));
  t.after(() => socket.close());
  for (const path of ['binary.md', 'nul.md', 'utf16.md', 'pipe.md', 'socket.md']) {
    await assert.rejects(vault.read(path), vaultError('not_text'), path);
    await assert.rejects(vault.write(path, 'x', { overwrite: true }), vaultError('not_text'), path);
  }
  await assert.rejects(vault.read('zero.md'), vaultError('outside_vault'));
  await assert.rejects(vault.read('huge.md'), vaultError('too_large', /20000000 bytes/));
  await assert.rejects(vault.write('x.md', 'x'.repeat(10_000_001)), vaultError('too_large'));
  const empty = await vault.read('empty.md');
  assert.equal(empty.text, '');
  assert.equal(empty.metadata.title, 'empty');
  const note = await vault.read('with spaces & 🟡 ñ.md');
  assert.equal(note.text, '# Título\r\n\r\ntext');
  assert.equal(note.metadata.title, 'Título');
  assert.equal((await vault.list()).length, 6);
});

test('a write creates a note with its folders, and replaces one only by its hash or on demand', async (t) => {
  const vault = await temporaryVault(t);
  const first = await vault.write('new/deep/a.md', 'one\n');
  assert.equal(first.created, true);
  assert.equal((await vault.read('new/deep/a.md')).hash, first.hash);
  await assert.rejects(vault.write('new/deep/a.md', 'two'), vaultError('exists', new RegExp(first.hash)));
  await assert.rejects(
    vault.write('new/deep/a.md', 'two', { ifMatch: 'f'.repeat(64) }),
    vaultError('conflict', new RegExp(first.hash)),
  );
  await assert.rejects(vault.write('absent/a.md', 'two', { ifMatch: first.hash }), vaultError('not_found'));
  await assert.rejects(vault.write('absent/a.md', 'a\ud800'), vaultError('bad_argument'));
  assert.deepEqual(await readdir(vault.root), ['new']);
  const second = await vault.write('new/deep/a.md', 'two\n', { ifMatch: first.hash });
  assert.equal(second.created, false);
  assert.notEqual(second.hash, first.hash);
  await vault.write('new/deep/a.md', 'three\n', { overwrite: true });
  assert.deepEqual(await readdir(join(vault.root, 'new/deep')), ['a.md']);
  const longest = `${'🟡'.repeat(63)}.md`;
  assert.equal((await vault.write(longest, 'x')).path, longest);
});

test('a write keeps mark, line endings, last line break and mode', async (t) => {
  const vault = await temporaryVault(t, { 'crlf.md': '\ufeffa\r\nb\r\n', 'bare.md': 'a\nb' });
  await chmod(join(vault.root, 'bare.md'), 0o640);
  await vault.write('crlf.md', 'x\ny', { overwrite: true });
  assert.equal(await readFile(join(vault.root, 'crlf.md'), 'utf8'), '\ufeffx\r\ny\r\n');
  await vault.write('bare.md', '\ufeffx\r\ny\r\n', { overwrite: true });
  assert.equal(await readFile(join(vault.root, 'bare.md'), 'utf8'), 'x\ny');
  assert.equal((await stat(join(vault.root, 'bare.md'))).mode & 0o777, 0o640);
});

test('a read-only vault is read and never changed', async (t) => {
  const vault = await temporaryVault(t, { 'a.md': 'a' }, { readOnly: true });
  assert.equal((await vault.read('a.md')).text, 'a');
  await assert.rejects(vault.write('b.md', 'b'), vaultError('read_only'));
  await assert.rejects(vault.edit('a.md', 'a', 'b'), vaultError('read_only'));
});

test('a vault that disappears is told, and works again when it is back', async (t) => {
  const vault = await temporaryVault(t, { 'a.md': 'a' });
  const away = `${vault.root}-away`;
  t.after(() => rm(away, { recursive: true, force: true }));
  await rename(vault.root, away);
  await assert.rejects(vault.list(), vaultError('vault_missing'));
  await assert.rejects(vault.read('a.md'), vaultError('vault_missing'));
  await assert.rejects(vault.write('b.md', 'b'), vaultError('vault_missing'));
  await rename(away, vault.root);
  assert.equal((await vault.list()).length, 1);
  assert.equal((await vault.read('a.md')).text, 'a');
  await vault.write('b.md', 'b');
});

test('a folder that is not there, or not a folder, is refused at once', async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'file', 'x');
  await assert.rejects(
    openVault({ path: join(root, 'absent'), log: silentLog }),
    vaultError('vault_missing', /ENOENT/),
  );
  await assert.rejects(
    openVault({ path: join(root, 'file'), log: silentLog }),
    vaultError('vault_missing', /not a folder/),
  );
  await assert.rejects(openVault({ path: root, ignore: [''], log: silentLog }), vaultError('bad_argument'));
});
