import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type StateDocument, stateDocument } from './state-fixture.js';

export const bin = fileURLToPath(new URL('../../../bin/vault-mcp.js', import.meta.url));

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Readonly<Record<string, string>>;
  stdin?: string;
  cwd?: string;
  uid?: number;
  gid?: number;
}

/** Runs bin/vault-mcp.js as a process that inherits PATH and nothing else. */
export async function runCommand(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { uid, gid, cwd } = options;
  const child = spawn(process.execPath, [bin, ...args], {
    // No test asks the internet whether it is there, nor a server of this machine that is none of its own.
    env: {
      PATH: process.env['PATH'] ?? '',
      OAUTH_CLIENT_DOCUMENTS: 'off',
      ...(args[0] === 'state' ? { SERVER_PORT: '9' } : {}),
      ...options.env,
    },
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  const outcome: Outcome = { code: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    outcome.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    outcome.stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  outcome.code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return outcome;
}

export interface StateFile {
  folder: string;
  path: string;
  now: number;
  env: { OAUTH_STATE_PATH: string };
  read(): Promise<StateDocument>;
}

/** Writes the fixture's state file into a folder of its own, which goes when the test ends. */
export async function makeStateFile(t: TestContext, content?: string): Promise<StateFile> {
  const folder = await makeFolder(t);
  const path = join(folder, 'state.json');
  const now = Math.floor(Date.now() / 1_000);
  await writeFile(path, content ?? JSON.stringify(stateDocument(now)), { mode: 0o600 });
  const read = async () => JSON.parse(await readFile(path, 'utf8')) as StateDocument;
  return { folder, path, now, env: { OAUTH_STATE_PATH: path }, read };
}

export async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-mcp-cli-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
