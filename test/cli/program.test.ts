import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { version } from '../../src/version.js';
import { bin, makeStateFile, runCommand } from './run-command.js';

test('--version and --help answer on stdout', async () => {
  assert.deepEqual(await runCommand(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
  const help = await runCommand(['--help']);
  assert.equal(help.code, 0);
  assert.equal(help.stderr, '');
  assert.match(help.stdout, /^Usage: vault-mcp/);
});

test('--version and --help load nothing of the server', async () => {
  const child = spawn(process.execPath, [bin, '--version'], {
    env: { PATH: process.env['PATH'] ?? '', NODE_DEBUG: 'esm' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let trace = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    trace += text;
  });
  await new Promise((resolve) => child.once('close', resolve));
  assert.match(trace, /commander/);
  assert.doesNotMatch(trace, /express|pino|zod|chalk|minisearch|\/src\/(state|http|oauth|vault|search|mcp)\//);
});

test('mistyped commands and options are answered with a suggestion and exit code 2', async () => {
  const mistyped: [args: string[], error: string, hint: string][] = [
    [['sate'], "unknown command 'sate'", 'did you mean state?'],
    [['state', 'inspct'], "unknown command 'inspct'", 'did you mean inspect?'],
    [['state', 'inspect', '--jsn'], "unknown option '--jsn'", 'did you mean --json?'],
    [['serve', '--prot', '1'], "unknown option '--prot'", 'did you mean --port?'],
  ];
  for (const [args, error, hint] of mistyped) {
    const expected = { code: 2, stdout: '', stderr: `vault-mcp: error: ${error}\nvault-mcp: hint: ${hint}\n` };
    assert.deepEqual(await runCommand(args), expected);
  }
});

test('without a command the help goes to stderr, and the exit code is 2', async () => {
  for (const args of [[], ['state']]) {
    const { code, stdout, stderr } = await runCommand(args);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^Usage: vault-mcp/);
    assert.match(stderr, /error: no command is named/);
  }
});

test('every command has two examples in its help', async () => {
  for (const args of [
    ['serve'],
    ['doctor'],
    ['status'],
    ['completion'],
    ['state', 'check'],
    ['state', 'export'],
    ['state', 'import'],
    ['state', 'inspect'],
    ['state', 'prune-expired'],
    ['state', 'revoke'],
  ]) {
    const { code, stdout } = await runCommand([...args, '--help']);
    assert.equal(code, 0);
    assert.equal(stdout.match(/^ {2}# .+\n {2}\S/gm)?.length, 2, args.join(' '));
  }
});

test('a reader that goes away is no failure, a full disk is one', async (t) => {
  const { env } = await makeStateFile(t);
  const shell = (script: string) => runShell(script, { ...env, NODE: process.execPath, BIN: bin });
  const early = await shell('set -o pipefail; "$NODE" "$BIN" state inspect --json | true');
  assert.deepEqual(early, { code: 0, stdout: '', stderr: '' });
  const full = await shell('"$NODE" "$BIN" state inspect > /dev/full');
  assert.equal(full.code, 1);
  assert.match(full.stderr, /^vault-mcp: error: the output cannot be written: ENOSPC/);
});

async function runShell(script: string, env: Record<string, string>) {
  const child = spawn('bash', ['-c', script], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outcome = { code: 0 as number | null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    outcome.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    outcome.stderr += text;
  });
  outcome.code = await new Promise((resolve) => child.once('close', resolve));
  return outcome;
}
