import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { silentLog } from '../../../src/log.js';
import type { Moved } from '../../../src/notes/notes.js';
import { openNotes } from '../../../src/notes/open-notes.js';
import { addFile, temporaryFolder } from '../temporary-notes.js';

const count = 8;

/** A vault in which notes, a canvas and the moved notes themselves have links to what moves. */
async function openStory(t: TestContext) {
  const [root, state] = [await temporaryFolder(t), await temporaryFolder(t)];
  for (let note = 0; note < count; note++) await addFile(root, `${note}.md`, `[[Old]] [x](f/Old.md) ${note}\n`);
  await addFile(root, 'board.canvas', '{"nodes":[{"file":"f/Old.md"},{"text":"[[f/Old]]"}]}');
  await addFile(root, 'f/Old.md', '[home](../0.md) [[Old]] ![](img.png)\n');
  await addFile(root, 'f/img.png', 'x');
  const catalogue = join(state, 'catalogue');
  const here = (name: string) => join(import.meta.dirname, name);
  const move = (from: string, to: string, env: Record<string, string>, cataloguePath = catalogue) =>
    promisify(execFile)(
      process.execPath,
      ['--import', here('faulty-mover.js'), here('moving-process.js'), root, cataloguePath, from, to],
      { timeout: 110_000, env: { ...process.env, FAULT_MARKER: join(state, 'marker'), ...env } },
    ).then(
      ({ stdout }) => JSON.parse(stdout) as Moved | string,
      (error: { signal: string }) => error.signal,
    );
  const linksOf = async (paths: readonly string[]) =>
    Promise.all(paths.map((path) => readFile(join(root, path), 'utf8')));
  return { root, catalogue, move, linksOf };
}

const others = Array.from({ length: count }, (_, note) => `${note}.md`);

/** How many files are renamed before the worker, or the server, dies: one is the move itself. */
for (const after of process.env['FULL'] === '1' ? [1, 2, 5, 9, 11] : [5]) {
  for (const kills of ['0', '1']) {
    const who = kills === '1' ? 'server' : 'worker';
    test(`a move of which the ${who} dies after ${after} renames is brought to its end, and told`, async (t) => {
      const { move, linksOf } = await openStory(t);
      const first = await move('f/Old.md', 'g/New.md', { FAULT_AFTER: String(after), FAULT_KILLS: kills });
      // Whoever asks once more gets the answer, too.
      const moved = kills === '1' ? await move('f/Old.md', 'g/New.md', { FAULT_AFTER: '1' }) : first;
      if (kills === '1') assert.equal(first, 'SIGKILL');
      assert.deepEqual(
        await linksOf(others),
        others.map((_, note) => `[[New]] [x](g/New.md) ${note}\n`),
      );
      assert.deepEqual(await linksOf(['board.canvas', 'g/New.md']), [
        '{"nodes":[{"file":"g/New.md"},{"text":"[[g/New]]"}]}',
        '[home](../0.md) [[New]] ![](../f/img.png)\n',
      ]);
      assert.ok(typeof moved === 'object', moved as string);
      assert.deepEqual([moved.from, moved.to, moved.failed], ['f/Old.md', 'g/New.md', []]);
      // The file at which it died was written and perhaps not counted.
      assert.ok(moved.totalRewritten >= count + 1, JSON.stringify(moved));
    });
  }
}

for (const kills of ['0', '1']) {
  test(`a note that has both names when the ${kills === '1' ? 'server' : 'worker'} dies keeps the new one`, async (t) => {
    const { root, move, linksOf } = await openStory(t);
    const first = await move('f/Old.md', 'g/New.md', { FAULT_AFTER: 'link', FAULT_KILLS: kills });
    const moved = kills === '1' ? await move('f/Old.md', 'g/New.md', { FAULT_AFTER: '1' }) : first;
    assert.ok(typeof moved === 'object', moved as string);
    assert.deepEqual([moved.to, moved.totalRewritten, moved.failed], ['g/New.md', count + 2, []]);
    assert.deepEqual([await readdir(join(root, 'f')), await readdir(join(root, 'g'))], [['img.png'], ['New.md']]);
    assert.deepEqual(await linksOf(['0.md']), ['[[New]] [x](g/New.md) 0\n']);
  });
}

test('a folder whose move was cut off is brought to its end', async (t) => {
  const { move, linksOf } = await openStory(t);
  const moved = await move('f', 'g/h', { FAULT_AFTER: '4', FAULT_KILLS: '0' });
  assert.deepEqual(
    await linksOf(others),
    others.map((_, note) => `[[Old]] [x](g/h/Old.md) ${note}\n`),
  );
  assert.deepEqual(await linksOf(['board.canvas', 'g/h/Old.md']), [
    '{"nodes":[{"file":"g/h/Old.md"},{"text":"[[g/h/Old]]"}]}',
    '[home](../../0.md) [[Old]] ![](img.png)\n',
  ]);
  assert.ok(typeof moved === 'object', moved as string);
  assert.deepEqual([moved.kind, moved.files, moved.totalFailed], ['folder', 2, 0]);
});

test('without a file for the catalogue a move that was cut off is told', async (t) => {
  const { move } = await openStory(t);
  const answer = await move('f/Old.md', 'g/New.md', { FAULT_AFTER: '3', FAULT_KILLS: '0' }, '');
  assert.match(String(answer), /no note "f\/Old.md".*call was repeated.*interrupted, and may have changed something/);
});

test('a file that was rewritten and not counted when the server died is not rewritten twice', async (t) => {
  const { root, move, linksOf } = await openStory(t);
  // Read from the old folder, the new link leads to another file.
  await addFile(root, 'a/b/Note.md', '[up](../index.md)\n');
  await addFile(root, 'a/index.md', 'the one above\n');
  await addFile(root, 'a/b/index.md', 'the one beside\n');
  assert.equal(await move('a/b/Note.md', 'a/Note.md', { FAULT_AFTER: '2', FAULT_KILLS: '1' }), 'SIGKILL');
  assert.deepEqual(await linksOf(['a/Note.md']), ['[up](index.md)\n']);
  const moved = await move('a/b/Note.md', 'a/Note.md', { FAULT_AFTER: '1' });
  assert.deepEqual(await linksOf(['a/Note.md']), ['[up](index.md)\n']);
  assert.ok(typeof moved === 'object', moved as string);
  assert.deepEqual([moved.totalRewritten, moved.failed], [1, []]);
});

test('in a file that was changed after the server died only links that lead nowhere follow', async (t) => {
  const { root, move, linksOf } = await openStory(t);
  assert.equal(await move('f/Old.md', 'g/New.md', { FAULT_AFTER: '2', FAULT_KILLS: '1' }), 'SIGKILL');
  // One was rewritten before the end, the others were not; the last is as it was.
  const changed = others.slice(0, -1);
  for (const path of changed) await addFile(root, path, '[[Old]] [[New]] [x](f/Old.md) by hand\n');
  await addFile(root, 'h/Old.md', 'another note\n');
  await move('nothing.md', 'here.md', { FAULT_AFTER: '1' });
  assert.deepEqual(await linksOf(others), [
    ...changed.map(() => '[[Old]] [[New]] [x](g/New.md) by hand\n'),
    `[[New]] [x](g/New.md) ${changed.length}\n`,
  ]);
});

test('a move that was cut off and undone by hand rewrites nothing, whatever stands at its end', async (t) => {
  const { root, move, linksOf } = await openStory(t);
  const paths = [...others, 'board.canvas'];
  const before = await linksOf(paths);
  assert.equal(await move('f/Old.md', 'g/New.md', { FAULT_AFTER: '1', FAULT_KILLS: '1' }), 'SIGKILL');
  await rename(join(root, 'g/New.md'), join(root, 'f/Old.md'));
  await addFile(root, 'g/New.md', 'another note\n');
  await move('nothing.md', 'here.md', { FAULT_AFTER: '1' });
  assert.deepEqual(await linksOf([...paths, 'f/Old.md', 'g/New.md']), [
    ...before,
    '[home](../0.md) [[Old]] ![](img.png)\n',
    'another note\n',
  ]);
});

test('a server that is stopped before it has looked at the vault leaves a move that was cut off to the next one', async (t) => {
  const { root, catalogue, move, linksOf } = await openStory(t);
  assert.equal(await move('f/Old.md', 'g/New.md', { FAULT_AFTER: '1', FAULT_KILLS: '1' }), 'SIGKILL');
  await openNotes({ path: root, cataloguePath: catalogue, meaning: 'off', watch: false, log: silentLog }).close();
  await move('f/Old.md', 'g/New.md', { FAULT_AFTER: '1' });
  assert.deepEqual(
    await linksOf(others),
    others.map((_, note) => `[[New]] [x](g/New.md) ${note}\n`),
  );
});
