import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { addFile, temporaryFolder } from '../temporary-notes.js';

for (const [text, code] of [
  ['STAND STILL', 'too_slow'],
  ['END THE READER', 'stopped'],
] as const) {
  test(`a note at which the reader will ${text.toLowerCase()} is left out until it changes, and all else goes on`, async (t) => {
    const [root, state] = [await temporaryFolder(t), await temporaryFolder(t)];
    await addFile(root, 'bad.md', text);
    await addFile(root, 'good.md', '# Good\n');
    // It is left out alike; where the reader only ends, that takes no time.
    if (code === 'stopped') await addFile(root, 'bad.canvas', text);
    const here = (name: string) => join(import.meta.dirname, name);
    const args = [
      '--import',
      here('faulty-reader.js'),
      here('faulty-process.js'),
      root,
      join(state, 'catalogue'),
      text,
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 110_000 });
    assert.deepEqual(JSON.parse(stdout), {
      first: { 'bad.md': 'too_slow', 'good.md': '' },
      reads: 'done',
      readsBad: 'too_slow',
      second: { 'bad.md': 'too_slow', 'good.md': '' },
      secondReadsBad: 'too_slow',
      secondDeaths: 0,
      writesBad: code,
      meanwhile: ['done', 'done', 'done'],
      readsBetter: 'done',
    });
  });
}

test('a server that hardly gets the processor, or is stopped, reads a note to its end', {
  skip: process.env['FULL'] === '1' ? false : 'takes long: FULL=1',
}, async (t) => {
  const root = await temporaryFolder(t);
  await addFile(root, 'slow.md', 'BE SLOW');
  const here = (name: string) => join(import.meta.dirname, name);
  const child = spawn(process.execPath, ['--import', here('faulty-reader.js'), here('slow-process.js'), root]);
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await once(child.stdout, 'data');
  // A tenth of the time is its own; the note takes a second of it.
  while (child.exitCode === null) {
    child.kill('SIGSTOP');
    await setTimeout(90);
    child.kill('SIGCONT');
    await setTimeout(10);
  }
  await exited;
  assert.equal(output, `begun\n${JSON.stringify(['BE SLOW', 0])}`);
});
