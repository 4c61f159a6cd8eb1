import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { mount, mounting } from '../../faults/mount.js';
import { listedPaths, notesError, readNote, temporaryFolder, temporaryNotes } from '../temporary-notes.js';

/** `@` and `%` stand for the names of the note and of its folder. */
const texts = {
  '%/@.md': '[[@]] [self](@.md) [up](../a.md)\n',
  'a.md': '[[@]] [[%/@|x]] [y](%/@.md "t") ![[@.md#H]] <a href="%/@.md">\n\n[d]: %/@.md\n',
  'deep/b.md': '[z](../%/@.md#h) [[../%/@]] `[[Note]]`\n',
  'x.canvas': '{"nodes":[{"file":"%/@.md"},{"text":"[[@]]"}]}',
};
const named = (text: string, folder: string, note: string) => text.replaceAll('%', folder).replaceAll('@', note);

async function renameCase(t: TestContext, path: string): Promise<void> {
  const files = Object.entries(texts).map(([name, text]) => [named(name, 'Work', 'Note'), named(text, 'Work', 'Note')]);
  const notes = await temporaryNotes(
    t,
    { ...Object.fromEntries(files), 'loose.md': '[[note]] [n](work/NOTE.md)\n' },
    { path },
  );
  const check = async (folder: string, note: string) => {
    for (const [name, text] of Object.entries(texts)) {
      assert.equal(await readFile(join(path, named(name, folder, note)), 'utf8'), named(text, folder, note));
    }
    assert.deepEqual(await readdir(join(path, folder)), [`${note}.md`]);
    assert.deepEqual(await listedPaths(notes), [`${folder}/${note}.md`, 'a.md', 'deep/b.md', 'loose.md'].sort());
    const { totalBacklinks } = await notes.links({ path: `${folder}/${note}.md`, limit: 1 });
    assert.equal(totalBacklinks, 12);
  };
  await check('Work', 'Note');
  for (const [from, to, folder, note] of [
    ['Work/Note.md', 'Work/note.md', 'Work', 'note'],
    ['Work', 'WORK', 'WORK', 'note'],
    ['WORK/note.md', 'WORK/NOTE.md', 'WORK', 'NOTE'],
    ['WORK', 'Work', 'Work', 'NOTE'],
  ] as const) {
    const moved = await notes.move({ from, to });
    assert.deepEqual([moved.to, moved.failed], [to, []]);
    await check(folder, note);
  }
  await assert.rejects(
    notes.move({ from: 'Work/NOTE.md', to: 'Work/NOTE.md' }),
    notesError('bad_argument', /already there/),
  );
  // A link whose writer did not mind the case stays as it is while it leads there.
  assert.match(await readFile(join(path, 'loose.md'), 'utf8'), /^\[\[note\]\] \[n\]\(work\/NOTE\.md\)/i);
}

test('a rename that changes case alone takes along the links that name the note exactly', async (t) => {
  await renameCase(t, await temporaryFolder(t));
});

/** A FUSE file system that ignores case, and gives each spelling of a name an inode of its own. */
async function mountExfat(t: TestContext): Promise<string> {
  const image = join(await temporaryFolder(t), 'image');
  await writeFile(image, '');
  await truncate(image, 16_000_000);
  execFileSync('mkfs.exfat', [image], { stdio: 'ignore' });
  const path = join(await mount(t, '-t', 'exfat-fuse', '-o', 'loop', image), 'vault');
  await mkdir(path);
  return path;
}

function lacksExfat(): string | false {
  try {
    execFileSync('sh', ['-c', 'command -v mkfs.exfat && command -v mount.exfat-fuse && test -c /dev/fuse'], {
      stdio: 'ignore',
    });
    return mounting.skip;
  } catch {
    return 'needs exfatprogs, exfat-fuse and FUSE';
  }
}
const exfat = { skip: lacksExfat() };

test('so it does where the file system ignores case', exfat, async (t) => {
  await renameCase(t, await mountExfat(t));
});

test(
  'where the file system ignores case a path is answered with the name on disk, and a taken name is taken',
  exfat,
  async (t) => {
    const notes = await temporaryNotes(
      t,
      { 'Work/Note.md': '# N\n', 'other.md': '[[Note]]' },
      { path: await mountExfat(t) },
    );
    assert.equal((await readNote(notes, 'WORK/note.md')).path, 'Work/Note.md');
    assert.equal((await notes.edit({ path: 'work/NOTE.md', oldText: 'N', newText: 'M' })).path, 'Work/Note.md');
    assert.equal((await notes.links({ path: 'work/note.md', limit: 9 })).totalBacklinks, 1);
    assert.deepEqual(await listedPaths(notes), ['Work/Note.md', 'other.md']);
    await assert.rejects(notes.write({ path: 'OTHER.md', content: 'x' }), notesError('exists', /"other.md"/));
    await assert.rejects(notes.move({ from: 'Work/Note.md', to: 'OTHER.md' }), notesError('exists'));
    assert.equal((await notes.move({ from: 'other.md', to: 'work/' })).to, 'Work/other.md');
    assert.equal((await notes.trash({ path: 'WORK/OTHER.md' })).path, 'Work/other.md');
    assert.deepEqual(await listedPaths(notes), ['Work/Note.md']);
  },
);
