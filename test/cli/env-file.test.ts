import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseEnvFile } from '../../src/cli/env-file.js';
import { makeStateFile, runCommand } from './run-command.js';

/** What systemd reads: its env-file.c has the same cases. */
const cases: [line: string, value: string][] = [
  ['A=plain', 'plain'],
  ['A=two words  ', 'two words'],
  ['  A = spaced', 'spaced'],
  ['A=', ''],
  ['A=a#b', 'a#b'],
  ['A="x # y"', 'x # y'],
  ["A='$HOME \\n'", '$HOME \\n'],
  ['A="say \\"hi\\" \\$5 \\n"', 'say "hi" $5 \\n'],
  ["A='it'\\''s", "it''s"],
  ['A=a\\ b', 'a b'],
  ['A="one\\\ntwo"', 'onetwo'],
  ['A="one\ntwo"', 'one\ntwo'],
  ['A=one\\\ntwo', 'onetwo'],
  ['A=\'a\'"b"c', 'abc'],
  ['A=a"b"', 'a"b"'],
  ['A=trailing\\ ', 'trailing '],
];

test('values are read as systemd reads them', () => {
  for (const [line, value] of cases) {
    const { variables, remarks } = parseEnvFile(`# before\n; too\n\n${line}\nB=after\n`);
    assert.deepEqual(variables, { A: value, B: 'after' }, line);
    assert.deepEqual(remarks, [], line);
  }
});

test('CR, a byte order mark and export are taken; what others read otherwise is remarked', () => {
  assert.deepEqual(parseEnvFile('\uFEFFA=1\r\nexport B="2"\r\n').variables, { A: '1', B: '2' });
  const { variables, remarks } = parseEnvFile('A=/srv/notes # my notes\nB="x"  # quoted\nnonsense\nC= #\n');
  assert.deepEqual(variables, { A: '/srv/notes', B: 'x', C: '' });
  assert.deepEqual(remarks, [
    'line 1: systemd and docker read the # after A as part of the value',
    'line 2: systemd and docker read the # after B as part of the value',
    'line 3 is not an assignment and has no effect',
    'line 4: systemd and docker read the # after C as part of the value',
  ]);
});

test('--env-file serves every command; what is set wins, and what cannot be read is refused', async (t) => {
  const { folder, path } = await makeStateFile(t);
  await writeFile(join(folder, 'env'), `OAUTH_STATE_PATH="${path}" # here\n`);
  const run = (args: string[], env = {}) => runCommand(args, { cwd: folder, env });
  for (const args of [
    ['state', 'inspect', '--json', '--env-file', 'env'],
    ['--env-file=env', 'state', 'inspect', '--json'],
  ]) {
    assert.equal((await run(args)).code, 0);
  }
  assert.equal((await run(['state', 'inspect', '--env-file', 'env'], { OAUTH_STATE_PATH: '' })).code, 0);
  assert.equal((await run(['state', 'inspect', '--env-file', 'env'], { OAUTH_STATE_PATH: 'absent' })).code, 3);
  // Node 20 takes the flag for its own too: it reads the file with another parser, and ends where there is none.
  await writeFile(join(folder, 'pin'), 'OAUTH_STATE_PATH=absent#1\n');
  const cut = await run(['state', 'inspect', '--env-file', 'pin']);
  assert.match(cut.stderr, /no state file .*absent#1\n/);
  const { code, stderr } = await run(['state', 'inspect', '--env-file', 'absent']);
  assert.ok(code === 2 || code === 9);
  assert.match(stderr, /absent.*(ENOENT|not found)/);
});
