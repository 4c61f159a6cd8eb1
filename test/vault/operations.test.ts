import assert from 'node:assert/strict';
import { readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { addFile, temporaryFolder, temporaryVault, vaultError } from './temporary-vault.js';

test('a move takes the links of all notes along', async (t) => {
  const vault = await temporaryVault(t, {
    'Old.md': '# Old\n[[Old]] ![i](img.png)\n',
    'img.png': 'x',
    'crlf.md': '\ufeffsee [[old|it]]\r\n',
    'f/relative.md': '[it](../Old.md)\n',
    'plain.md': 'Old\n',
    'binary.md': Buffer.from([0xff, 0]),
  });
  const moved = await vault.move('Old.md', 'f/new/New.md', { ifMatch: (await vault.read('Old.md')).hash });
  assert.deepEqual(moved, {
    from: 'Old.md',
    to: 'f/new/New.md',
    rewritten: [
      { path: 'f/new/New.md', links: 2 },
      { path: 'crlf.md', links: 1 },
      { path: 'f/relative.md', links: 1 },
    ],
    failed: [],
  });
  assert.equal((await vault.read('f/new/New.md')).text, '# Old\n[[New]] ![i](../../img.png)\n');
  assert.equal(await readFile(join(vault.root, 'crlf.md'), 'utf8'), '\ufeffsee [[New|it]]\r\n');
  assert.equal((await vault.read('f/relative.md')).text, '[it](new/New.md)\n');
  await assert.rejects(vault.read('Old.md'), vaultError('not_found'));
});

test('a move that cannot be done changes nothing', async (t) => {
  const outside = await temporaryFolder(t);
  const vault = await temporaryVault(t, { 'a.md': 'a', 'b.md': '[[a]]', '.obsidian/x.md': 'x' });
  await symlink(outside, join(vault.root, 'out'));
  const before = (await readdir(vault.root, { recursive: true })).sort();
  await assert.rejects(vault.move('a.md', 'b.md'), vaultError('exists'));
  await assert.rejects(vault.move('a.md', 'a.md'), vaultError('bad_argument'));
  await assert.rejects(vault.move('absent.md', 'new/c.md'), vaultError('not_found'));
  await assert.rejects(vault.move('a.md', 'new/c.md', { ifMatch: '0'.repeat(64) }), vaultError('conflict'));
  await assert.rejects(vault.move('a.md', 'C#.md'), vaultError('bad_path'));
  await assert.rejects(vault.move('a.md', 'c.txt'), vaultError('not_markdown'));
  await assert.rejects(vault.move('a.md', '.trash/c.md'), vaultError('outside_vault'));
  await assert.rejects(vault.move('.obsidian/x.md', 'c.md'), vaultError('outside_vault'));
  await assert.rejects(vault.move('a.md', 'out/c.md'), vaultError('outside_vault'));
  assert.deepEqual((await readdir(vault.root, { recursive: true })).sort(), before);
  assert.equal((await vault.read('b.md')).text, '[[a]]');
});

test('a move tells of links that cannot take the new name, and rewrites those in quotes', async (t) => {
  const vault = await temporaryVault(t, {
    'Old.md': 'x',
    'quoted.md': `---\nup: '[[Old]]'\nrelated: "[[Old]]"\n---\n`,
    'bare.md': '---\nup: see [[Old]]\n---\n[[Old]]\n',
  });
  const moved = await vault.move('Old.md', `Ana's: "plan".md`);
  assert.deepEqual(moved.rewritten, [
    { path: 'bare.md', links: 1 },
    { path: 'quoted.md', links: 2 },
  ]);
  assert.equal(moved.failed[0]?.path, 'bare.md');
  assert.match(moved.failed[0]?.reason ?? '', /"Old" in line 2\).*by hand/);
  assert.equal(
    (await vault.read('quoted.md')).text,
    `---\nup: '[[Ana''s: "plan"]]'\nrelated: "[[Ana's: \\"plan\\"]]"\n---\n`,
  );
  assert.equal((await vault.backlinks(`Ana's: "plan".md`)).length, 3);
});

test('a name changes its case and its Unicode form', async (t) => {
  const vault = await temporaryVault(t, { ['café.md'.normalize('NFD')]: 'x', 'b.md': '[[café]]' });
  assert.equal((await vault.move('café.md', 'café.md'.normalize('NFC'))).to, 'café.md'.normalize('NFC'));
  assert.equal((await vault.move('café.md', 'Café.md')).to, 'Café.md');
  assert.deepEqual((await readdir(vault.root)).sort(), ['Café.md', 'b.md']);
});

test('a deleted note lies in .trash, and its name may be taken there', async (t) => {
  const vault = await temporaryVault(t, { 'f/a.md': 'one' });
  await assert.rejects(vault.trash('f/a.md', { ifMatch: '0'.repeat(64) }), vaultError('conflict'));
  assert.deepEqual(await vault.trash('f/a.md'), { path: 'f/a.md', trashPath: '.trash/f/a.md' });
  await addFile(vault.root, 'f/a.md', 'two');
  assert.equal((await vault.trash('f/a.md')).trashPath, '.trash/f/a 2.md');
  assert.equal(await readFile(join(vault.root, '.trash/f/a.md'), 'utf8'), 'one');
  assert.equal(await readFile(join(vault.root, '.trash/f/a 2.md'), 'utf8'), 'two');
  await assert.rejects(vault.read('.trash/f/a.md'), vaultError('outside_vault'));
  await assert.rejects(vault.trash('f/a.md'), vaultError('not_found'));
  assert.deepEqual(await vault.list(), []);
});

test('a trash that leads out of the vault is not used', async (t) => {
  const outside = await temporaryFolder(t);
  const vault = await temporaryVault(t, { 'a.md': 'a' });
  await symlink(outside, join(vault.root, '.trash'));
  await assert.rejects(vault.trash('a.md'), vaultError('outside_vault'));
  assert.deepEqual(await readdir(outside), []);
  assert.equal((await vault.read('a.md')).text, 'a');
});

test('links, backlinks, tags and recent changes follow the notes', async (t) => {
  const vault = await temporaryVault(t, {
    'Home.md': '---\ntags: [Index, viaje]\n---\n# Home\n[[Plan#Day 1|plan]] [x](f/img.png) [[Nowhere]]\n',
    'f/Plan.md': '# Plan\n\n#viaje and #viaje/japón, not `#code` nor [a](b#c)\n\nback to [[Home]]\n',
    'f/img.png': 'x',
    'broken.md': Buffer.from([0xff]),
  });
  assert.deepEqual(await vault.outgoingLinks('Home.md'), [
    { target: 'Plan', anchor: '#Day 1', line: 5, path: 'f/Plan.md' },
    { target: 'f/img.png', anchor: '', line: 5, path: 'f/img.png' },
    { target: 'Nowhere', anchor: '', line: 5, path: undefined },
  ]);
  assert.deepEqual(await vault.backlinks('Home.md'), [{ path: 'f/Plan.md', title: 'Plan', line: 5, anchor: '' }]);
  assert.deepEqual(await vault.tags(), [
    { tag: 'viaje', notes: 2 },
    { tag: 'Index', notes: 1 },
    { tag: 'viaje/japón', notes: 1 },
  ]);
  const catalogue = await vault.catalogue();
  assert.deepEqual(
    catalogue.map(({ path, problem, metadata }) => [path, problem, metadata.title]),
    [
      ['Home.md', undefined, 'Home'],
      ['broken.md', 'not_text', 'broken'],
      ['f/Plan.md', undefined, 'Plan'],
    ],
  );
  await utimes(join(vault.root, 'f/Plan.md'), 1, 1);
  await utimes(join(vault.root, 'broken.md'), 2, 2);
  await writeFile(join(vault.root, 'Home.md'), '# Other\n[[Home]]\n');
  assert.deepEqual(
    (await vault.recent({ limit: 2 })).map(({ path, metadata }) => [path, metadata.title]),
    [
      ['Home.md', 'Other'],
      ['broken.md', 'broken'],
    ],
  );
  assert.deepEqual((await vault.recent({ limit: 9, sinceMs: 1500 })).length, 2);
  assert.deepEqual(await vault.backlinks('Home.md'), [{ path: 'f/Plan.md', title: 'Plan', line: 5, anchor: '' }]);
  await assert.rejects(vault.backlinks('absent.md'), vaultError('not_found'));
});

test('text and fields are added on disk, with the hash checked', async (t) => {
  const vault = await temporaryVault(t, { 'a.md': '## Log\r\n- one\r\n' });
  const inserted = await vault.insert('a.md', '- two', { heading: 'Log' });
  assert.equal(inserted.line, 3);
  const { text, hash } = await vault.read('a.md');
  assert.deepEqual([text, hash], ['## Log\r\n- one\r\n- two\r\n', inserted.hash]);
  await assert.rejects(vault.insert('a.md', 'x', { ifMatch: '0'.repeat(64) }), vaultError('conflict'));
  const edited = await vault.editFrontmatter('a.md', { set: { status: 'active' } }, { ifMatch: hash });
  const note = await vault.read('a.md');
  assert.deepEqual([note.hash, note.metadata.status], [edited.hash, 'Active']);
  await assert.rejects(vault.insert('b.md', 'x'), vaultError('not_found'));
  await assert.rejects(vault.editFrontmatter('b.md', { set: { a: 1 } }), vaultError('not_found'));
  assert.deepEqual(await readdir(vault.root), ['a.md']);
});

test('a read-only vault refuses every change', async (t) => {
  const vault = await temporaryVault(t, { 'a.md': 'a' }, { readOnly: true });
  for (const change of [
    vault.insert('a.md', 'x'),
    vault.editFrontmatter('a.md', { set: { a: 1 } }),
    vault.move('a.md', 'b.md'),
    vault.trash('a.md'),
  ]) {
    await assert.rejects(change, vaultError('read_only'));
  }
  assert.deepEqual(await readdir(vault.root), ['a.md']);
});
