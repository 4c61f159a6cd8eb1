import assert from 'node:assert/strict';
import { readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { addFile, listedPaths, notesError, readNote, temporaryFolder, temporaryNotes } from '../temporary-notes.js';

test('a move takes the links of all notes along', async (t) => {
  const notes = await temporaryNotes(t, {
    'Old.md': '# Old\n[[Old]] ![i](img.png)\n',
    'img.png': 'x',
    'crlf.md': '\ufeffsee [[old|it]]\r\n',
    'f/relative.md': '[it](../Old.md)\n',
    'plain.md': 'Old\n',
    'binary.md': Buffer.from([0xff, 0]),
  });
  const moved = await notes.move({
    from: 'Old.md',
    to: 'f/new/New.md',
    ifMatch: (await readNote(notes, 'Old.md')).hash,
  });
  assert.deepEqual(
    moved.rewritten.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    [
      { path: 'crlf.md', links: 1 },
      { path: 'f/new/New.md', links: 2 },
      { path: 'f/relative.md', links: 1 },
    ],
  );
  assert.deepEqual([moved.kind, moved.from, moved.to, moved.files], ['note', 'Old.md', 'f/new/New.md', 1]);
  assert.deepEqual(moved.failed, []);
  assert.equal((await readNote(notes, 'f/new/New.md')).text, '# Old\n[[New]] ![i](../../img.png)\n');
  assert.equal(await readFile(join(notes.root, 'crlf.md'), 'utf8'), '\ufeffsee [[New|it]]\r\n');
  assert.equal((await readNote(notes, 'f/relative.md')).text, '[it](new/New.md)\n');
  await assert.rejects(readNote(notes, 'Old.md'), notesError('not_found'));
});

test('a move that cannot be done changes nothing', async (t) => {
  const outside = await temporaryFolder(t);
  const notes = await temporaryNotes(t, { 'a.md': 'a', 'b.md': '[[a]]', 'x.png': 'x', '.obsidian/x.md': 'x' });
  await symlink(outside, join(notes.root, 'out'));
  const before = (await readdir(notes.root, { recursive: true })).sort();
  await assert.rejects(notes.move({ from: 'a.md', to: 'b.md' }), notesError('exists'));
  await assert.rejects(notes.move({ from: 'a.md', to: 'a.md' }), notesError('bad_argument'));
  await assert.rejects(notes.move({ from: 'absent.md', to: 'new/c.md' }), notesError('not_found'));
  await assert.rejects(notes.move({ from: 'a.md', to: 'new/c.md', ifMatch: '0'.repeat(64) }), notesError('conflict'));
  await assert.rejects(notes.move({ from: 'a.md', to: 'C#.md' }), notesError('bad_path'));
  await assert.rejects(notes.move({ from: 'a.md', to: 'c.txt' }), notesError('not_markdown'));
  await assert.rejects(
    notes.move({ from: 'x.png', to: 'Images' }),
    notesError('not_markdown', /move "x.png" to "Images.png", or to a folder by a \/ at the end/),
  );
  await assert.rejects(notes.move({ from: 'x.png', to: 'x.md' }), notesError('not_markdown'));
  await assert.rejects(notes.move({ from: 'a.md', to: '.trash/c.md' }), notesError('outside_vault'));
  await assert.rejects(notes.move({ from: '.obsidian/x.md', to: 'c.md' }), notesError('outside_vault'));
  await assert.rejects(notes.move({ from: 'a.md', to: 'out/c.md' }), notesError('outside_vault'));
  assert.deepEqual((await readdir(notes.root, { recursive: true })).sort(), before);
  assert.equal((await readNote(notes, 'b.md')).text, '[[a]]');
});

test('a move tells of links that cannot take the new name, and rewrites those in quotes', async (t) => {
  const notes = await temporaryNotes(t, {
    'Old.md': 'x',
    'quoted.md': `---\nup: '[[Old]]'\nrelated: "[[Old]]"\n---\n`,
    'bare.md': '---\nup: see [[Old]]\n---\n[[Old]]\n',
  });
  const moved = await notes.move({ from: 'Old.md', to: `Ana's: "plan".md` });
  assert.deepEqual(moved.rewritten, [
    { path: 'bare.md', links: 1 },
    { path: 'quoted.md', links: 2 },
  ]);
  assert.equal(moved.failed[0]?.path, 'bare.md');
  assert.match(moved.failed[0]?.reason ?? '', /"Old" in line 2\).*by hand/);
  assert.equal(
    (await readNote(notes, 'quoted.md')).text,
    `---\nup: '[[Ana''s: "plan"]]'\nrelated: "[[Ana's: \\"plan\\"]]"\n---\n`,
  );
  assert.equal((await notes.links({ path: `Ana's: "plan".md`, limit: 9 })).totalBacklinks, 3);
});

test('a name changes its case and its Unicode form', async (t) => {
  const notes = await temporaryNotes(t, { ['café.md'.normalize('NFD')]: 'x', 'b.md': '[[café]]' });
  assert.equal((await notes.move({ from: 'café.md', to: 'café.md'.normalize('NFC') })).to, 'café.md'.normalize('NFC'));
  assert.equal((await notes.move({ from: 'café.md', to: 'Café.md' })).to, 'Café.md');
  assert.deepEqual((await readdir(notes.root)).sort(), ['Café.md', 'b.md']);
});

test('a deleted note lies in .trash, and its name may be taken there', async (t) => {
  const notes = await temporaryNotes(t, { 'f/a.md': 'one' });
  await assert.rejects(notes.trash({ path: 'f/a.md', ifMatch: '0'.repeat(64) }), notesError('conflict'));
  assert.deepEqual(await notes.trash({ path: 'f/a.md' }), { path: 'f/a.md', trashPath: '.trash/f/a.md' });
  await addFile(notes.root, 'f/a.md', 'two');
  assert.equal((await notes.trash({ path: 'f/a.md' })).trashPath, '.trash/f/a 2.md');
  assert.equal(await readFile(join(notes.root, '.trash/f/a.md'), 'utf8'), 'one');
  assert.equal(await readFile(join(notes.root, '.trash/f/a 2.md'), 'utf8'), 'two');
  await assert.rejects(readNote(notes, '.trash/f/a.md'), notesError('outside_vault'));
  await assert.rejects(notes.trash({ path: 'f/a.md' }), notesError('not_found'));
  assert.deepEqual(await listedPaths(notes), []);
});

test('a trash that leads out of the vault is not used', async (t) => {
  const outside = await temporaryFolder(t);
  const notes = await temporaryNotes(t, { 'a.md': 'a' });
  await symlink(outside, join(notes.root, '.trash'));
  await assert.rejects(notes.trash({ path: 'a.md' }), notesError('outside_vault'));
  assert.deepEqual(await readdir(outside), []);
  assert.equal((await readNote(notes, 'a.md')).text, 'a');
});

test('links, backlinks, tags and recent changes follow the notes', async (t) => {
  const notes = await temporaryNotes(t, {
    'Home.md': '---\ntags: [Index, viaje]\n---\n# Home\n[[Plan#Day 1|plan]] [x](f/img.png) [[Nowhere]]\n',
    'f/Plan.md': '# Plan\n\n#viaje and #viaje/japón, not `#code` nor [a](b#c)\n\nback to [[Home]]\n',
    'f/img.png': 'x',
    'broken.md': Buffer.from([0xff]),
  });
  assert.deepEqual((await notes.links({ path: 'Home.md', limit: 9 })).links, [
    { target: 'Plan', anchor: '#Day 1', line: 5, path: 'f/Plan.md' },
    { target: 'f/img.png', anchor: '', line: 5, path: 'f/img.png' },
    { target: 'Nowhere', anchor: '', line: 5 },
  ]);
  assert.deepEqual((await notes.links({ path: 'Home.md', limit: 9 })).backlinks, [
    { path: 'f/Plan.md', title: 'Plan', line: 5, anchor: '' },
  ]);
  assert.deepEqual((await notes.tags({ limit: 9 })).tags, [
    { tag: 'viaje', notes: 2 },
    { tag: 'Index', notes: 1 },
    { tag: 'viaje/japón', notes: 1 },
  ]);
  assert.deepEqual(
    (await notes.list({})).notes.map(({ path, problem, title }) => [path, problem?.split(':')[0], title]),
    [
      ['Home.md', undefined, 'Home'],
      ['broken.md', 'not_text', 'broken'],
      ['f/Plan.md', undefined, 'Plan'],
    ],
  );
  await utimes(join(notes.root, 'f/Plan.md'), 1, 1);
  await utimes(join(notes.root, 'broken.md'), 2, 2);
  await writeFile(join(notes.root, 'Home.md'), '# Other\n[[Home]]\n');
  await notes.reindex();
  assert.deepEqual(
    (await notes.recent({ limit: 2 })).map(({ path, title }) => [path, title]),
    [
      ['Home.md', 'Other'],
      ['broken.md', 'broken'],
    ],
  );
  assert.deepEqual((await notes.recent({ limit: 9, sinceMs: 1500 })).length, 2);
  assert.deepEqual((await notes.links({ path: 'Home.md', limit: 9 })).backlinks, [
    { path: 'f/Plan.md', title: 'Plan', line: 5, anchor: '' },
  ]);
  await assert.rejects(notes.links({ path: 'absent.md', limit: 9 }), notesError('not_found'));
});

test('text and fields are added on disk, with the hash checked', async (t) => {
  const notes = await temporaryNotes(t, { 'a.md': '## Log\r\n- one\r\n' });
  const inserted = await notes.insert({ path: 'a.md', text: '- two', heading: 'Log' });
  assert.equal(inserted.line, 3);
  const { text, hash } = await readNote(notes, 'a.md');
  assert.deepEqual([text, hash], ['## Log\r\n- one\r\n- two\r\n', inserted.hash]);
  await assert.rejects(notes.insert({ path: 'a.md', text: 'x', ifMatch: '0'.repeat(64) }), notesError('conflict'));
  const edited = await notes.editFrontmatter({ path: 'a.md', set: { status: 'active' }, ifMatch: hash });
  const note = await readNote(notes, 'a.md');
  assert.deepEqual([note.hash, note.status], [edited.hash, 'Active']);
  await assert.rejects(notes.insert({ path: 'b.md', text: 'x' }), notesError('not_found'));
  await assert.rejects(notes.editFrontmatter({ path: 'b.md', set: { a: 1 } }), notesError('not_found'));
  assert.deepEqual(await readdir(notes.root), ['a.md']);
});

test('a read-only vault refuses every change', async (t) => {
  const notes = await temporaryNotes(t, { 'a.md': 'a' }, { readOnly: true });
  for (const change of [
    notes.insert({ path: 'a.md', text: 'x' }),
    notes.editFrontmatter({ path: 'a.md', set: { a: 1 } }),
    notes.move({ from: 'a.md', to: 'b.md' }),
    notes.trash({ path: 'a.md' }),
  ]) {
    await assert.rejects(change, notesError('read_only'));
  }
  assert.deepEqual(await readdir(notes.root), ['a.md']);
});

test('a folder moves with all that is in it, and attachments and canvas nodes follow', async (t) => {
  const canvas = (file: string) => `{\n\t"nodes": [{"id":"1","type":"file","file":"${file}","x":0}],\n\t"edges": []\n}`;
  const text =
    '[[Plan]] ![[img.png]] [p](../office/sub/Plan.md) ![](../office/img.png) $f[a](1 \\le x)$ [2]: Doe, A.\n';
  const notes = await temporaryNotes(t, {
    'office/sub/Plan.md': '[up](../Home.md) ![](../img.png) [[Other]]\n',
    'office/Home.md': '[[office/sub/Plan]] and [x](sub/Plan.md)\n',
    'office/img.png': 'x',
    'office/board.canvas': canvas('office/sub/Plan.md'),
    'board.canvas': canvas('office/img.png'),
    'notes/Other.md': text,
    'office2/Plan.md': 'another\n',
  });
  const moved = await notes.move({ from: 'office', to: 'area/job' });
  assert.deepEqual([moved.kind, moved.files, moved.failed], ['folder', 4, []]);
  const now = (path: string) => readFile(join(notes.root, path), 'utf8');
  assert.equal(await now('area/job/sub/Plan.md'), '[up](../Home.md) ![](../img.png) [[Other]]\n');
  assert.equal(await now('area/job/Home.md'), '[[area/job/sub/Plan]] and [x](sub/Plan.md)\n');
  assert.equal(await now('area/job/board.canvas'), canvas('area/job/sub/Plan.md'));
  assert.equal(await now('board.canvas'), canvas('area/job/img.png'));
  // Of two notes of one name the nearer to the top is meant, before as after.
  const wanted = text.replace('../office/sub', '../area/job/sub').replace('../office/img', '../area/job/img');
  assert.equal(await now('notes/Other.md'), wanted);
  await notes.move({ from: 'area/job/img.png', to: 'files/' });
  assert.equal(await now('board.canvas'), canvas('files/img.png'));
  assert.equal(await now('notes/Other.md'), wanted.replace('../area/job/img.png', '../files/img.png'));
  await assert.rejects(notes.move({ from: 'area', to: 'area/job/in' }), notesError('bad_path'));
  assert.equal((await notes.move({ from: 'area', to: 'notes' })).to, 'notes/area');
});

test('links in the texts of a canvas follow a move, and are told in both directions', async (t) => {
  const canvas = (wiki: string, url: string) =>
    `{"nodes":[{"type":"text","text":"[[${wiki}]] \\u005b[\\n[x](${url})"},{"type":"file","file":"f/Old.md"}]}`;
  const notes = await temporaryNotes(t, {
    'f/Old.md': 'x',
    'f/board.canvas': canvas('Old', 'Old.md'),
    'c/board.canvas': canvas('Old|it', '../f/Old.md'),
  });
  const told = async (path: string) => {
    const { links, totalLinks, totalBacklinks } = await notes.links({ path, limit: 2 });
    return [links.map((link) => link.path), totalLinks, totalBacklinks];
  };
  assert.deepEqual(await told('c/board.canvas'), [['f/Old.md', 'f/Old.md'], 3, 0]);
  assert.deepEqual(await told('f/Old.md'), [[], 0, 6]);
  const moved = await notes.move({ from: 'f/Old.md', to: 'g/New "1".md' });
  assert.deepEqual([moved.failed, moved.totalRewritten], [[], 2]);
  const file = (path: string) => readFile(join(notes.root, path), 'utf8');
  const expected = (wiki: string, url: string) => canvas(wiki, url).replace('f/Old.md', 'g/New \\"1\\".md');
  assert.equal(await file('f/board.canvas'), expected('New \\"1\\"', '../g/New%20%221%22.md'));
  assert.equal(await file('c/board.canvas'), expected('New \\"1\\"|it', '../g/New%20%221%22.md'));
  assert.deepEqual(await told('g/New "1".md'), [[], 0, 6]);
  // A canvas that moves takes its own links along.
  await notes.move({ from: 'c/board.canvas', to: 'board.canvas' });
  assert.equal(await file('board.canvas'), expected('New \\"1\\"|it', 'g/New%20%221%22.md'));
});

test('a move leaves a canvas that is no UTF-8 as it is and says so, and keeps a byte order mark', async (t) => {
  const canvas = '{"nodes":[{"id":"1","type":"file","file":"a.md"},{"type":"text","text":"%"}]}';
  const foreign = Buffer.from(canvas.replace('%', '\u00e9'), 'latin1');
  const notes = await temporaryNotes(t, { 'a.md': 'a', 'foreign.canvas': foreign, 'mark.canvas': `\ufeff${canvas}` });
  const moved = await notes.move({ from: 'a.md', to: 'b.md' });
  assert.deepEqual(await readFile(join(notes.root, 'foreign.canvas')), foreign);
  assert.deepEqual(
    [moved.failed.map(({ path }) => path), moved.rewritten.map(({ path }) => path)],
    [['foreign.canvas'], ['mark.canvas']],
  );
  assert.equal(await readFile(join(notes.root, 'mark.canvas'), 'utf8'), `\ufeff${canvas.replace('a.md', 'b.md')}`);
});

test('what of a note is not read is told when something moves that it may name', async (t) => {
  const many = (name: string) => `${'[[x]] '.repeat(10_000)}\n[[${name}]]\n`;
  const file = '{"file":"x.md"}';
  const notes = await temporaryNotes(t, {
    'Old Name.md': 'x',
    'many.md': many('Old Name'),
    'encoded.md': `[[Old Name]] ${many('').replace('[[]]', '[o](Old%20Name.md)')}`,
    'others.md': many('Other'),
    'anchors.md': `${'[[#x]] '.repeat(10_000)} [[Old Name]]`,
    'many.canvas': `{"nodes":[${`${file},`.repeat(10_000)}{"file":"Old Name.md"}]}`,
  });
  const moved = await notes.move({ from: 'Old Name.md', to: 'New.md' });
  assert.deepEqual(moved.failed.map(({ path }) => path).sort(), ['anchors.md', 'encoded.md', 'many.md']);
  assert.match(moved.failed[0]?.reason ?? '', /first 10000 links are read/);
  assert.deepEqual(moved.rewritten.map(({ path }) => path).sort(), ['encoded.md', 'many.canvas']);
  assert.match(await readFile(join(notes.root, 'many.canvas'), 'utf8'), /\{"file":"New.md"\}\]/);
  const far = await notes.move({ from: 'many.md', to: 'f/many.md' });
  assert.deepEqual(
    far.failed.map(({ path }) => path),
    ['f/many.md'],
  );
  assert.deepEqual((await notes.move({ from: 'f/many.md', to: 'f/more.md' })).failed, []);
});
