import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../src/log.js';
import { createVault } from '../../src/notes/create-vault.js';
import { openNotes } from '../../src/notes/open-notes.js';
import { addFile, listedPaths, notesError, readNote, temporaryFolder, temporaryNotes } from './temporary-notes.js';

test('a new vault has a welcome note, and an existing folder is not touched', async (t) => {
  const root = join(await temporaryFolder(t), 'vault');
  createVault(root);
  const notes = await temporaryNotes(t, {}, { path: root });
  assert.deepEqual(await listedPaths(notes), ['welcome.md']);
  assert.equal((await readNote(notes, 'welcome.md')).title, 'Welcome to your vault');
  assert.throws(() => createVault(root), notesError('exists'));
});

test('lists notes in path order, without hidden, ignored, linked and foreign files', async (t) => {
  const notes = await temporaryNotes(
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
  await mkdir(join(notes.root, 'folder.md'));
  await symlink('b.md', join(notes.root, 'link.md'));
  const paths = await listedPaths(notes);
  assert.deepEqual(paths, ['a/y.MD', 'a/z.md', 'b.md', 'journal/new.md']);
  assert.equal(notes.status().files, 4);
});

test('a path that is not one of an open note is refused, and nothing is made', async (t) => {
  const outside = await temporaryFolder(t);
  await addFile(outside, 'secret.md', 'secret');
  const notes = await temporaryNotes(
    t,
    { 'a.md': 'a', '.git/x.md': 'x', 'Private/x.md': 'x' },
    { ignore: ['private/**'] },
  );
  await symlink(join(outside, 'secret.md'), join(notes.root, 'out.md'));
  await symlink(outside, join(notes.root, 'outfolder'));
  await symlink(join(notes.root, '.git'), join(notes.root, 'git'));
  await symlink('nowhere.md', join(notes.root, 'dangling.md'));
  await symlink('loop.md', join(notes.root, 'loop.md'));
  await mkdir(join(notes.root, 'folder.md'));
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
    ['a.md/', 'not_markdown'],
    ['folder.md', 'not_markdown'],
    ['a.md/b.md', 'not_found'],
  ];
  const before = (await readdir(notes.root, { recursive: true })).sort();
  for (const [path, code] of refused) {
    await assert.rejects(readNote(notes, path), notesError(code), `read ${JSON.stringify(path).slice(0, 40)}`);
    await assert.rejects(
      notes.write({ path, content: 'x', overwrite: true }),
      notesError(code),
      `write ${JSON.stringify(path).slice(0, 40)}`,
    );
    await assert.rejects(
      notes.edit({ path, oldText: 'x', newText: 'y' }),
      notesError(code),
      `edit ${JSON.stringify(path).slice(0, 40)}`,
    );
  }
  await assert.rejects(notes.write({ path: 'a.txt', content: 'x' }), notesError('not_markdown'));
  await assert.rejects(readNote(notes, 'absent.md'), notesError('not_found', /There is no note "absent.md"/));
  await assert.rejects(readNote(notes, 'absent.png'), notesError('not_found', /There is no file "absent.png"/));
  await assert.rejects(notes.move({ from: 'x.csv', to: 'y.csv' }), notesError('not_found', /no file "x.csv"/));
  await assert.rejects(readNote(notes, 'zh.md/'), notesError('not_markdown', /such as "zh.md"/));
  assert.deepEqual((await readdir(notes.root, { recursive: true })).sort(), before);
  assert.deepEqual(await readdir(outside), ['secret.md']);
  assert.equal(await readFile(join(outside, 'secret.md'), 'utf8'), 'secret');
});

test('a link inside the vault leads to the note itself', async (t) => {
  const notes = await temporaryNotes(t, { 'real/note.md': 'text' });
  await symlink('real', join(notes.root, 'alias'));
  await symlink(join(notes.root, 'real/note.md'), join(notes.root, 'link.md'));
  assert.equal((await readNote(notes, 'alias/note.md')).path, 'real/note.md');
  assert.equal((await notes.edit({ path: 'link.md', oldText: 'text', newText: 'new' })).path, 'real/note.md');
  assert.equal(await readFile(join(notes.root, 'real/note.md'), 'utf8'), 'new');
  assert.equal((await notes.write({ path: 'alias/deep/new.md', content: 'x' })).path, 'real/deep/new.md');
});

test('names are found in either Unicode form, and new ones are composed', async (t) => {
  const composed = 'Año/Café.md'.normalize('NFC');
  const decomposed = composed.normalize('NFD');
  const notes = await temporaryNotes(t, { [decomposed]: 'x' });
  assert.equal((await readNote(notes, composed)).path, decomposed);
  assert.equal((await readNote(notes, decomposed)).path, decomposed);
  assert.equal((await notes.write({ path: composed, content: 'y', overwrite: true })).created, false);
  assert.deepEqual(await readdir(notes.root), ['Año'.normalize('NFD')]);
  assert.equal((await notes.write({ path: 'ñu.md'.normalize('NFD'), content: 'y' })).path, 'ñu.md'.normalize('NFC'));
  assert.equal((await readNote(notes, 'ñu.md'.normalize('NFD'))).path, 'ñu.md'.normalize('NFC'));
});

test('awkward files are read, or refused with a reason', async (t) => {
  const notes = await temporaryNotes(t, {
    'binary.md': Buffer.from([0x89, 0x50, 0, 0xff]),
    'nul.md': 'a\0b',
    'utf16.md': Buffer.from('\ufeffhello', 'utf16le'),
    'empty.md': '',
    'huge.md': Buffer.alloc(20_000_000, 'x'),
    'with spaces & 🟡 ñ.md': '\ufeff# Título\r\n\r\ntext',
  });
  execFileSync('mkfifo', [join(notes.root, 'pipe.md')]);
  await symlink('/dev/zero', join(notes.root, 'zero.md'));
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(join(notes.root, 'socket.md'), resolve));
  t.after(() => socket.close());
  for (const path of ['binary.md', 'nul.md', 'utf16.md', 'pipe.md', 'socket.md']) {
    await assert.rejects(readNote(notes, path), notesError('not_text'), path);
    await assert.rejects(notes.write({ path, content: 'x', overwrite: true }), notesError('not_text'), path);
  }
  await assert.rejects(readNote(notes, 'zero.md'), notesError('outside_vault'));
  await assert.rejects(readNote(notes, 'huge.md'), notesError('too_large', /20000000 bytes/));
  await assert.rejects(notes.write({ path: 'x.md', content: 'x'.repeat(10_000_001) }), notesError('too_large'));
  const empty = await readNote(notes, 'empty.md');
  assert.equal(empty.text, '');
  assert.equal(empty.title, 'empty');
  const note = await readNote(notes, 'with spaces & 🟡 ñ.md');
  assert.equal(note.text, '# Título\r\n\r\ntext');
  assert.equal(note.title, 'Título');
  assert.equal((await listedPaths(notes)).length, 6);
});

test('a write creates a note with its folders, and replaces one only by its hash or on demand', async (t) => {
  const notes = await temporaryNotes(t);
  const first = await notes.write({ path: 'new/deep/a.md', content: 'one\n' });
  assert.equal(first.created, true);
  assert.equal((await readNote(notes, 'new/deep/a.md')).hash, first.hash);
  await assert.rejects(
    notes.write({ path: 'new/deep/a.md', content: 'two' }),
    notesError('exists', new RegExp(first.hash)),
  );
  await assert.rejects(
    notes.write({ path: 'new/deep/a.md', content: 'two', ifMatch: 'f'.repeat(64) }),
    notesError('conflict', new RegExp(first.hash)),
  );
  await assert.rejects(
    notes.write({ path: 'absent/a.md', content: 'two', ifMatch: first.hash }),
    notesError('not_found'),
  );
  await assert.rejects(notes.write({ path: 'absent/a.md', content: 'a\ud800' }), notesError('bad_argument'));
  assert.deepEqual(await readdir(notes.root), ['new']);
  const second = await notes.write({ path: 'new/deep/a.md', content: 'two\n', ifMatch: first.hash });
  assert.equal(second.created, false);
  assert.notEqual(second.hash, first.hash);
  await notes.write({ path: 'new/deep/a.md', content: 'three\n', overwrite: true });
  assert.deepEqual(await readdir(join(notes.root, 'new/deep')), ['a.md']);
  const longest = `${'🟡'.repeat(63)}.md`;
  assert.equal((await notes.write({ path: longest, content: 'x' })).path, longest);
});

test('a write keeps mark, line endings, last line break and mode', async (t) => {
  const notes = await temporaryNotes(t, { 'crlf.md': '\ufeffa\r\nb\r\n', 'bare.md': 'a\nb' });
  await chmod(join(notes.root, 'bare.md'), 0o640);
  await notes.write({ path: 'crlf.md', content: 'x\ny', overwrite: true });
  assert.equal(await readFile(join(notes.root, 'crlf.md'), 'utf8'), '\ufeffx\r\ny\r\n');
  await notes.write({ path: 'bare.md', content: '\ufeffx\r\ny\r\n', overwrite: true });
  assert.equal(await readFile(join(notes.root, 'bare.md'), 'utf8'), 'x\ny');
  assert.equal((await stat(join(notes.root, 'bare.md'))).mode & 0o777, 0o640);
});

test('a read-only vault is read and never changed', async (t) => {
  const notes = await temporaryNotes(t, { 'a.md': 'a' }, { readOnly: true });
  assert.equal((await readNote(notes, 'a.md')).text, 'a');
  await assert.rejects(notes.write({ path: 'b.md', content: 'b' }), notesError('read_only'));
  await assert.rejects(notes.edit({ path: 'a.md', oldText: 'a', newText: 'b' }), notesError('read_only'));
});

test('a vault that disappears is told, and works again when it is back', async (t) => {
  const notes = await temporaryNotes(t, { 'a.md': 'a' });
  const away = `${notes.root}-away`;
  t.after(() => rm(away, { recursive: true, force: true }));
  await rename(notes.root, away);
  await assert.rejects(readNote(notes, 'a.md'), notesError('vault_missing'));
  await assert.rejects(notes.write({ path: 'b.md', content: 'b' }), notesError('vault_missing'));
  assert.deepEqual(await listedPaths(notes), ['a.md']);
  await rename(away, notes.root);
  assert.equal((await readNote(notes, 'a.md')).text, 'a');
  await notes.write({ path: 'b.md', content: 'b' });
  assert.deepEqual(await listedPaths(notes), ['a.md', 'b.md']);
});

test('a folder that is not there, or not a folder, is refused at once', async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'file', 'x');
  const opening =
    (path: string, ignore: string[] = []) =>
    () =>
      openNotes({ path, ignore, log: silentLog });
  assert.throws(opening(join(root, 'absent')), notesError('vault_missing', /ENOENT/));
  assert.throws(opening(join(root, 'file')), notesError('vault_missing', /not a folder/));
  assert.throws(opening(root, ['']), notesError('bad_argument'));
});

test('names with _ are not listed, searched or counted unless told, but read and written by path', async (t) => {
  const files = {
    '_inbox/a.md': '# A\n\nThe walrus. #hidden\n',
    'b/_index.md': '# B\n',
    'c.md': '[[a]]\n',
    '.x/d.md': 'd',
  };
  const notes = await temporaryNotes(t, files);
  assert.deepEqual(await listedPaths(notes), ['c.md']);
  assert.equal((await notes.tags({ limit: 9 })).total, 0);
  assert.ok((await notes.search({ text: 'walrus', limit: 9 })).hits.every(({ path }) => path === 'c.md'));
  assert.equal((await notes.complete({ what: 'path', value: 'index' })).total, 0);
  assert.equal((await readNote(notes, '_inbox/a.md')).title, 'A');
  await notes.write({ path: '_new/e.md', content: '# E\n' });
  assert.equal((await readNote(notes, '_new/e.md')).title, 'E');
  assert.deepEqual(await listedPaths(notes), ['c.md']);
  assert.equal((await notes.links({ path: 'c.md', limit: 9 })).links[0]?.path, '_inbox/a.md');
  await assert.rejects(readNote(notes, '.x/d.md'), notesError('outside_vault'));
  const all = await temporaryNotes(t, {}, { path: notes.root, listUnderscore: true });
  assert.deepEqual(await listedPaths(all), ['_inbox/a.md', '_new/e.md', 'b/_index.md', 'c.md']);
  assert.equal((await all.search({ text: 'walrus', limit: 9 })).hits[0]?.path, '_inbox/a.md');
});

test('a value that is nested too deep for another thread is refused, and no trouble later', async (t) => {
  const notes = await temporaryNotes(t, { 'a.md': '# A\n' });
  const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
  const change = { path: 'a.md', set: { deep }, remove: [] };
  await assert.rejects(async () => notes.editFrontmatter(change), notesError('bad_argument', /too deep/));
  assert.equal((await readNote(notes, 'a.md')).text, '# A\n');
  // What was left waiting would fail here, with nobody there to hear of it.
  await notes.close();
});

test('a name without its ending is a note before it is an alias, even when the note cannot be read', async (t) => {
  const notes = await temporaryNotes(t, {
    'Foo.md': new Uint8Array([0xff, 0xfe, 0x41]),
    'small.md': '# Small\n',
    'other.md': '---\naliases: [Foo, Bar, Small]\n---\n',
  });
  await assert.rejects(readNote(notes, 'Foo'), notesError('not_text', /"Foo.md"/));
  assert.equal((await readNote(notes, 'Bar')).path, 'other.md');
  assert.equal((await readNote(notes, 'Small')).path, 'small.md');
});
