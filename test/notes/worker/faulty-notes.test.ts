import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
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
