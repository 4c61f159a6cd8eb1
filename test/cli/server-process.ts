import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { bin, makeFolder, type Outcome } from './run-command.js';

export interface ServerProcess {
  readonly folder: string;
  /** Where it listens, whatever its public URL is. */
  readonly url: string;
  readonly outcome: Outcome;
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and resolves when the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<Outcome>;
}

export interface ServerOptions {
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Where the server runs; `vault` is made in it unless `args` name another. */
  folder?: string;
}

/** Starts `serve` on a free port with a state file and resolves when it says where it is. */
export async function startServer(t: TestContext, options: ServerOptions = {}): Promise<ServerProcess> {
  const folder = options.folder ?? (await makeFolder(t));
  await mkdir(join(folder, 'vault'), { recursive: true });
  const args = options.args ?? ['--state-path', 'state.json'];
  const child = spawn(process.execPath, [bin, 'serve', '--port', '0', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', OAUTH_CLIENT_DOCUMENTS: 'off', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const outcome: Outcome = { code: null, stdout: '', stderr: '' };
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await readUrl(child, outcome, closed);
  return {
    folder,
    url,
    outcome,
    signal: (signal) => void child.kill(signal),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await closed;
      outcome.code = child.exitCode;
      return outcome;
    },
  };
}

async function readUrl(child: ChildProcess, outcome: Outcome, closed: Promise<void>): Promise<string> {
  const found = new Promise<string>((resolve) => {
    const look = () => {
      const url = /listening on (http[\w.:/[\]]+)/.exec(outcome.stderr)?.[1];
      // Beside a log in JSON there is no banner.
      const isUp = outcome.stdout.includes('claude mcp add') || outcome.stderr.startsWith('{');
      if (isUp && url !== undefined) resolve(url);
    };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        outcome[name] += text;
        look();
      });
    }
  });
  return await Promise.race([
    found,
    closed.then(() => {
      throw new Error(`the server did not start: ${outcome.stderr}`);
    }),
  ]);
}
