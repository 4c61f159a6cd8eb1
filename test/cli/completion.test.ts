import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { bin, makeFolder, runCommand } from './run-command.js';
import { claudeId, editorGrant, stateDocument } from './state-fixture.js';

const documentId = 'https://claude.ai/oauth/client.json';
const hostileId = 'https://evil.example/$(touch$IFS-owned)';

/** A folder with `vault-mcp`, which says with which words it was run, a state file, a folder and a file to complete. */
async function makeShellFolder(t: TestContext): Promise<{ folder: string; env: Record<string, string> }> {
  const folder = await makeFolder(t);
  const document = stateDocument(Math.floor(Date.now() / 1_000));
  const [client] = Object.values(document.clients);
  for (const id of [documentId, hostileId]) {
    if (client !== undefined) document.clients[id] = { ...client, client_id: id };
  }
  await writeFile(join(folder, 'state.json'), JSON.stringify(document), { mode: 0o600 });
  await writeFile(join(folder, 'settings'), '');
  await mkdir(join(folder, 'notes'));
  const program = join(folder, 'vault-mcp');
  const script = `#!/bin/sh
case $1 in complet*) exec "${process.execPath}" "${bin}" "$@" ;; esac
printf 'RAN'; printf '[%s]' "$@"; echo
`;
  await writeFile(program, script);
  await chmod(program, 0o755);
  const path = `${folder}:${process.env['PATH'] ?? ''}`;
  return { folder, env: { PATH: path, HOME: folder, TERM: 'dumb', OAUTH_STATE_PATH: join(folder, 'state.json') } };
}

async function complete(t: TestContext, ...words: string[]): Promise<string[]> {
  const { env, folder } = await makeShellFolder(t);
  const { stdout } = await runCommand(['complete', '--', ...words], { env, cwd: folder });
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t', 1)[0] ?? '']));
}

test('commands, options, choices and IDs come from the tree and the file', async (t) => {
  assert.deepEqual(await complete(t, 'state', 'in'), ['inspect']);
  assert.deepEqual(await complete(t, 'state', 'inspect', '--js'), ['--json']);
  assert.deepEqual(await complete(t, 'serve', '--log-format', ''), ['text', 'json']);
  assert.deepEqual(await complete(t, 'serve', '--metrics=l'), ['--metrics=local']);
  assert.deepEqual(await complete(t, 'completion', 'f'), ['fish']);
  assert.deepEqual(await complete(t, 'help', 'state', 'rev'), ['revoke']);
  assert.deepEqual(await complete(t, 'serve', '--vault-path', 'x'), [':folders']);
  assert.deepEqual(await complete(t, 'state', 'inspect', '--state-path='), [':files']);
  assert.deepEqual(await complete(t, 'state', 'revoke', '--client', '3f'), [claudeId]);
  assert.deepEqual(await complete(t, 'state', 'revoke', '--grant=8d1e2f3a-9'), [`--grant=${editorGrant}`]);
  assert.deepEqual(await complete(t, 'state', 'revoke', '--client', 'https://'), [documentId]);
  assert.deepEqual(await complete(t, 'state', 'revoke', '--state-path', 'absent', '--client', '3f'), []);
  assert.deepEqual(await complete(t, 'nonsense', '--client', '3'), []);
});

test('an unknown shell is refused', async () => {
  const { code, stderr } = await runCommand(['completion', 'tcsh']);
  assert.equal(code, 2);
  assert.match(stderr, /Allowed choices are bash, zsh, fish/);
});

const typed: [keys: string, ran: string][] = [
  ['vault-mcp state ins', '[state][inspect]'],
  ['vault-mcp state inspect --client 3f', `[state][inspect][--client][${claudeId}]`],
  ['vault-mcp state inspect --client=3f', `[state][inspect][--client=${claudeId}]`],
  ['vault-mcp state revoke --client https://cl', `[state][revoke][--client][${documentId}]`],
  ['vault-mcp state revoke --client=https:', `[state][revoke][--client=${documentId}]`],
  ['vault-mcp serve --state-path=sett', '[serve][--state-path=settings]'],
];
const starts: Readonly<Record<string, [command: string, setUp: string]>> = {
  bash: ['bash --norc --noprofile -i', 'source <(vault-mcp completion bash)'],
  zsh: ['zsh -f -i', 'autoload -U compinit; compinit -D -u; source <(vault-mcp completion zsh)'],
};

for (const [shell, [command, setUp]] of Object.entries(starts)) {
  const skip = isThere(shell) && isThere('script') ? false : `needs ${shell} and script`;
  test(`the Tab key in ${shell}`, { skip }, async (t) => {
    const { folder, env } = await makeShellFolder(t);
    const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder, env: { ...env, SHELL: '/bin/sh' } });
    t.after(() => child.kill('SIGKILL'));
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    const shows = async (pattern: RegExp) => {
      while (!pattern.test(output)) {
        const more = await Promise.race([
          new Promise((resolve) => child.stdout.once('data', () => resolve('more'))),
          ended,
        ]);
        assert.equal(more, 'more', output);
      }
    };
    // The prompt is told by its own text, which what is typed has not.
    child.stdin.write(`${setUp}; PS1=RE""ADY\n`);
    for (const [keys, ran] of typed) {
      await shows(/READY/);
      output = '';
      child.stdin.write(`${keys}\t\n`);
      await shows(/RAN\[/);
      await shows(/READY/);
      assert.ok(output.includes(`RAN${ran}`), `${keys}: ${output}`);
    }
    child.stdin.end('exit\n');
    await ended;
  });
}

test('the Tab key in fish', { skip: isThere('fish') ? false : 'needs fish' }, async (t) => {
  const { folder, env } = await makeShellFolder(t);
  for (const [keys, ran] of typed) {
    const script = `vault-mcp completion fish | source; complete -C '${keys}'`;
    const { stdout } = await promisify(execFile)('fish', ['--no-config', '-c', script], { cwd: folder, env });
    const words = stdout.split('\n').map((line) => line.split('\t', 1)[0] ?? '');
    const last = /\[([^\]]*)\]$/.exec(ran)?.[1] ?? '';
    assert.ok(words.includes(last) && !words.some((word) => word.includes('$(')), `${keys}: ${stdout}`);
  }
});

function isThere(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}
