import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Answer, openReal } from '../mcp/open-real.js';
import { temporaryFolder } from '../state/state-fixture.js';
import { mount, mounting } from './mount.js';

const text = `# Note\n\nThe old text.\n${'Words of it. '.repeat(800)}\n`;
type Call = (name: string, args: object) => Promise<Answer>;

/** Tries each way of changing a vault of `a.md` and `b.md`, each of which must be refused for the reason and change nothing. */
async function assertRefused(call: Call, folder: string, reason: RegExp, changes: [string, object][]): Promise<void> {
  const before = (await readdir(folder)).sort();
  for (const [name, args] of changes) {
    const answer = await call(name, args);
    assert.equal(answer.isError, true, name);
    assert.match(answer.text, reason, name);
    assert.deepEqual((await readdir(folder)).sort(), before, name);
    for (const note of ['a.md', 'b.md']) assert.equal(await readFile(join(folder, note), 'utf8'), text, name);
  }
  const read = await call('vault_read', { file_path: 'a.md' });
  assert.equal(read.isError, false);
  assert.match(read.text, /The old text/);
}

const edit = { file_path: 'a.md', old_text: 'old text', new_text: 'new text' };
const overwrite = { file_path: 'a.md', content: text.replaceAll('Words', 'Many words'), overwrite: true };
const create = { file_path: 'c.md', content: text };

async function assertWorks(call: Call, folder: string): Promise<void> {
  for (const [name, args] of [
    ['vault_edit', edit],
    ['vault_write', create],
  ] as const) {
    const answer = await call(name, args);
    assert.equal(answer.isError, false, answer.text);
  }
  assert.match(await readFile(join(folder, 'a.md'), 'utf8'), /The new text/);
  assert.equal(await readFile(join(folder, 'c.md'), 'utf8'), text);
}

test(
  'on a full disk a change is refused in words, the note stays as it was, and nothing is left over',
  mounting,
  async (t) => {
    const folder = await mount(t, '-t', 'tmpfs', '-o', 'size=256k', 'vault-mcp-test');
    const { call } = await openReal(t, { 'a.md': text, 'b.md': text }, { at: folder });
    const filler = join(folder, 'filler');
    await writeFile(filler, Buffer.alloc(300_000)).catch(() => {});
    await assertRefused(call, folder, /"[ac]\.md" (cannot|could not) be written.*disk (is )?full/, [
      ['vault_edit', edit],
      ['vault_write', overwrite],
      ['vault_write', create],
      ['vault_insert', { file_path: 'a.md', text: 'more' }],
      ['vault_frontmatter', { file_path: 'a.md', set: { status: 'active' } }],
    ]);
    await rm(filler);
    await assertWorks(call, folder);
  },
);

test('with room for a part of the note only, none of it is written', mounting, async (t) => {
  const folder = await mount(t, '-t', 'tmpfs', '-o', 'size=64k', 'vault-mcp-test');
  const { call } = await openReal(t, { 'a.md': text, 'b.md': text }, { at: folder });
  const content = 'x'.repeat(100_000);
  await assertRefused(call, folder, /"[ac]\.md" (cannot|could not) be written.*disk (is )?full/, [
    ['vault_write', { file_path: 'a.md', content, overwrite: true }],
    ['vault_write', { file_path: 'c.md', content }],
    ['vault_edit', { ...edit, new_text: content }],
  ]);
  await assertWorks(call, folder);
});

test('on a disk remounted read-only a change is refused in words, until it is writable again', mounting, async (t) => {
  const folder = await mount(t, '--bind', await temporaryFolder(t));
  const { call } = await openReal(t, { 'a.md': text, 'b.md': text }, { at: folder });
  execFileSync('mount', ['-o', 'remount,ro,bind', folder]);
  await assertRefused(call, folder, /mounted read-only \(EROFS\)/, [
    ['vault_edit', edit],
    ['vault_write', overwrite],
    ['vault_write', create],
    ['vault_write', { ...create, file_path: 'new/c.md' }],
    ['vault_move', { file_path: 'a.md', new_path: 'c.md' }],
    ['vault_delete', { file_path: 'a.md' }],
  ]);
  execFileSync('mount', ['-o', 'remount,rw,bind', folder]);
  await assertWorks(call, folder);
});
