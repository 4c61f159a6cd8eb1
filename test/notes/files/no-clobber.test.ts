import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { boundsOf } from '../../../src/notes/files/locate.js';
import { renameFile } from '../../../src/notes/files/rename-file.js';
import { trashFile } from '../../../src/notes/files/trash-file.js';
import { addFile, temporaryFolder } from '../temporary-notes.js';
import type { Outcome, Race } from './notes-process.js';

const perProcess = 25;
const rounds = 4;

function startProcesses(t: TestContext): ChildProcess[] {
  return [0, 1].map(() => {
    const child = fork(new URL('./notes-process.js', import.meta.url), { execArgv: [] });
    t.after(() => child.kill());
    return child;
  });
}

/** Has both processes race for a path, each with its own texts. */
async function race(processes: ChildProcess[], wanted: Omit<Race, 'texts'>): Promise<Outcome[]> {
  const outcomes = processes.map(async (child, number) => {
    const answer = once(child, 'message');
    const texts = Array.from({ length: perProcess }, (_, index) => `${number}-${index}`);
    child.send({ ...wanted, texts } satisfies Race);
    return (await answer)[0] as Outcome[];
  });
  return (await Promise.all(outcomes)).flat();
}

test('of fifty creations of one note at once, from two processes, exactly one wins and the others are told', async (t) => {
  const root = await temporaryFolder(t);
  const processes = startProcesses(t);
  for (let round = 0; round < rounds; round++) {
    const path = `${round}/note.md`;
    const outcomes = await race(processes, { kind: 'write', root, path });
    const winners = outcomes.filter(({ code }) => code === undefined);
    assert.deepEqual(
      winners.map(({ text }) => text),
      [await readFile(join(root, path), 'utf8')],
    );
    for (const { code } of outcomes) assert.ok(code === undefined || /^(exists|conflict)$/.test(code), code);
    assert.deepEqual(await readdir(join(root, String(round))), ['note.md']);
    assert.equal((await stat(join(root, path))).nlink, 1);
  }
});

test('of fifty moves to one name at once, from two processes, exactly one wins and no note is lost', async (t) => {
  const processes = startProcesses(t);
  for (let round = 0; round < rounds; round++) {
    const root = await temporaryFolder(t);
    const notes = [0, 1].flatMap((number) => Array.from({ length: perProcess }, (_, index) => `${number}-${index}`));
    for (const note of notes) await addFile(root, `${note}.md`, note);
    const outcomes = await race(processes, { kind: 'move', root, path: 'target.md' });
    const winners = outcomes.filter(({ code }) => code === undefined).map(({ text }) => text);
    assert.deepEqual(winners, [await readFile(join(root, 'target.md'), 'utf8')]);
    for (const { code } of outcomes) assert.ok(code === undefined || code === 'exists', code);
    const left = notes.filter((note) => !winners.includes(note)).map((note) => `${note}.md`);
    assert.deepEqual((await readdir(root)).sort(), [...left, 'target.md'].sort());
  }
});

test('where a hard link is not allowed, a note is moved and deleted all the same', {
  skip: process.geteuid?.() === 0 ? false : 'needs root, to be somebody else',
}, async (t) => {
  const root = await temporaryFolder(t);
  for (const name of ['a', 'b']) await addFile(root, `${name}.md`, name);
  const somebody = 65_534;
  await chown(root, somebody, somebody);
  // The system's fs.protected_hardlinks forbids links to files of others that one may not write.
  for (const name of ['a.md', 'b.md']) await chmod(join(root, name), 0o644);
  process.seteuid?.(somebody);
  try {
    renameFile(boundsOf(root), 'a.md', 'f/c.md', undefined, () => {});
    trashFile(boundsOf(root), 'b.md', undefined);
  } finally {
    process.seteuid?.(0);
  }
  assert.equal(await readFile(join(root, 'f/c.md'), 'utf8'), 'a');
  assert.equal(await readFile(join(root, '.trash/b.md'), 'utf8'), 'b');
  assert.deepEqual((await readdir(root)).sort(), ['.trash', 'f']);
});
