import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { exitCodes } from '../../src/cli/errors.js';
import { createProgram } from '../../src/cli/program.js';
import { serveOptions } from '../../src/cli/serve-options.js';
import { createTerminal } from '../../src/cli/terminal.js';
import { makeStateFile, runCommand } from '../cli/run-command.js';
import { claudeId } from '../cli/state-fixture.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const pageOf: Readonly<Record<string, string>> = {
  'vault-mcp': 'vault-mcp.1',
  'vault-mcp completion': 'vault-mcp.1',
  'vault-mcp help': 'vault-mcp.1',
  'vault-mcp init': 'vault-mcp-init.1',
  'vault-mcp serve': 'vault-mcp-serve.1',
  'vault-mcp doctor': 'vault-mcp-serve.1',
  'vault-mcp status': 'vault-mcp-serve.1',
  'vault-mcp state check': 'vault-mcp-state.1',
  'vault-mcp state export': 'vault-mcp-state.1',
  'vault-mcp state import': 'vault-mcp-state.1',
  'vault-mcp state inspect': 'vault-mcp-state.1',
  'vault-mcp state prune-expired': 'vault-mcp-state.1',
  'vault-mcp state revoke': 'vault-mcp-state.1',
  'vault-mcp state add-client': 'vault-mcp-state.1',
};
const otherVariables = [
  'OAUTH_PIN',
  'VAULT_EMBEDDINGS_API_KEY',
  'HOME',
  'NO_COLOR',
  'TERM',
  'LISTEN_FDS',
  'LISTEN_PID',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'NOTIFY_SOCKET',
  'JOURNAL_STREAM',
];

const pages = new Map<string, string>();
for (const name of await readdir(`${root}man`)) pages.set(name, await readFile(`${root}man/${name}`, 'utf8'));

const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), env: {}, cwd: '/' };
const program = createProgram(io, await createTerminal(io, false), () => {});
const commands = collect(program, '');

function collect(command: Command, parent: string): Map<string, Command> {
  const name = parent === '' ? command.name() : `${parent} ${command.name()}`;
  const below = command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => command.commands.includes(child))
    .flatMap((child) => [...collect(child, name)]);
  return new Map(command.commands.length > 0 && parent !== '' ? below : [[name, command], ...below]);
}

test('package.json lists the man pages that there are', async () => {
  const { man } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
  assert.deepEqual([...man].sort(), [...pages.keys()].map((name) => `man/${name}`).sort());
});

test('every command has its page, and stands in the first one', () => {
  assert.deepEqual([...commands.keys()].sort(), Object.keys(pageOf).sort());
  const listed =
    (pages.get('vault-mcp.1') ?? '').match(/^\.It Cm .*$/gm)?.map((line) => line.slice(7).replace(/ (Ar|Op) .*/, '')) ??
    [];
  const known = [...commands.keys()].filter((name) => name !== 'vault-mcp').map((name) => name.slice(10));
  assert.deepEqual(listed.sort(), known.sort());
});

test('options in code and in the pages are the same', () => {
  for (const page of new Set(Object.values(pageOf))) {
    const inCode = new Set<string>();
    for (const [name, command] of commands) {
      if (pageOf[name] === page) for (const { long } of command.options) if (long !== undefined) inCode.add(long);
    }
    if (page === 'vault-mcp.1') inCode.add('--help');
    const items = (pages.get(page) ?? '').match(/^\.It Fl .*$/gm) ?? [];
    const inPage = new Set(
      items.flatMap((line) => [...line.matchAll(/Fl -([\w-]+)/g)].map((match) => `--${match[1]}`)),
    );
    assert.deepEqual([...inPage].sort(), [...inCode].sort(), page);
  }
});

test('variables in code, help and pages are the same', async () => {
  const own = Object.values(serveOptions).map(({ variable }) => variable);
  const inPages = new Set(
    [...pages.values()].flatMap((page) => [...page.matchAll(/Ev ([A-Z_]+)/g)].map((match) => match[1])),
  );
  assert.deepEqual([...inPages].sort(), [...own, ...otherVariables].sort());
  const { stdout } = await runCommand(['serve', '--help']);
  for (const variable of [...own, 'OAUTH_PIN', 'VAULT_EMBEDDINGS_API_KEY'])
    assert.ok(stdout.includes(variable), variable);
  const sources = (await readdir(`${root}src/cli`)).map((name) => readFile(`${root}src/cli/${name}`, 'utf8'));
  const inCode = (await Promise.all(sources)).flatMap((text) => [...text.matchAll(/env\['([A-Z_]+)'\]/g)]);
  for (const [, variable] of inCode) assert.ok(inPages.has(variable), variable);
});

test('defaults in code and in the pages are the same', () => {
  const page = pages.get('vault-mcp-serve.1') ?? '';
  for (const { flags, fallback = '' } of Object.values(serveOptions).map((option) => ({ fallback: '', ...option }))) {
    if (!/^\d+\w?$/.test(fallback)) continue;
    const flag = /^--([\w-]+)/.exec(flags)?.[1];
    const item = new RegExp(`^\\.It Fl -${flag} .*\\n((?:(?!\\.It ).*\\n)*)`, 'm').exec(page)?.[1] ?? '';
    assert.match(item, new RegExp(`\\b${fallback}\\b`), flag);
  }
});

test('exit codes in code and in the pages are the same', () => {
  const section = /^\.Sh EXIT STATUS\n([\s\S]*?)^\.Sh/m;
  const codesOf = (page: string) =>
    (section.exec(pages.get(page) ?? '')?.[1]?.match(/^\.It \d$/gm) ?? []).map((line) => Number(line.slice(4)));
  assert.deepEqual(codesOf('vault-mcp.1'), Object.values(exitCodes));
  assert.deepEqual(codesOf('vault-mcp-state.1'), Object.values(exitCodes));
  assert.deepEqual(codesOf('vault-mcp-serve.1'), [
    exitCodes.done,
    exitCodes.failed,
    exitCodes.usage,
    exitCodes.stateUnreadable,
  ]);
  assert.deepEqual(codesOf('vault-mcp-init.1'), [exitCodes.done, exitCodes.failed, exitCodes.usage]);
});

test('every member of the JSON outputs and of the file is described', async (t) => {
  const { env, read, path } = await makeStateFile(t);
  const outputs = await Promise.all(
    [
      ['state', 'inspect', '--json'],
      ['state', 'prune-expired', '--json', '--dry-run'],
      ['state', 'revoke', '--client', claudeId, '--json', '--dry-run'],
      ['state', 'check', '--json'],
      ['state', 'import', path, '--dry-run', '--json'],
      ['doctor', '--json'],
    ].map(async (args) => JSON.parse((await runCommand(args, { env })).stdout)),
  );
  const page = pages.get('vault-mcp-state.5') ?? '';
  const described = new Set([...page.matchAll(/Va (\w+)/g)].map((match) => match[1]));
  for (const document of [...outputs, await read()]) {
    for (const member of membersOf(document)) assert.ok(described.has(member), member);
  }
});

/** The names of members at any depth; what is keyed by an ID or a hash gives the members of its records. */
function membersOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(membersOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    /^[a-z_]+$/.test(name) ? [name, ...membersOf(member)] : membersOf(member),
  );
}

const hasMandoc = await promisify(execFile)('mandoc', ['-Tlint', '/dev/null']).then(
  () => true,
  (error: { code?: unknown }) => error.code !== 'ENOENT',
);

test('the pages are clean mdoc', { skip: hasMandoc ? false : 'needs mandoc' }, async () => {
  const paths = [...pages.keys()].map((name) => `${root}man/${name}`);
  const output = await promisify(execFile)('mandoc', ['-Tlint', ...paths]).then(
    ({ stdout, stderr }) => stdout + stderr,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  );
  // Whether pages of other packages are installed says nothing about ours.
  const findings = output
    .split('\n')
    .filter((line) => line !== '' && !/referenced manual not found|lacks .* entry/.test(line));
  assert.deepEqual(findings, []);
});
