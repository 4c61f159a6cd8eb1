import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const bin = fileURLToPath(new URL('../../../bin/vault-mcp.js', import.meta.url));
export const pin = 'correct horse battery staple';

const startMs = 20_000;

/** A folder for one story; the test removes it. */
export async function scratchFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'vault-mcp-e2e-'));
  // A server that is stopped only after this may be writing into it still.
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) };
}

/** A port of 127.0.0.1 that was free a moment ago: a restarted server must come back at the same URL. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export interface ServerProcess {
  readonly url: string;
  /** Everything it printed so far. */
  output(): string;
  /** Resolves with the exit code (null when a signal ended it) after the process is gone. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `vault-mcp serve` and waits until it prints the URL that it serves. */
export async function startServer(options: {
  port: number;
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** The public URL, when it is another one; pass it in `args`, too. */
  issuer?: string;
  /** Another installation's bin/vault-mcp.js. */
  program?: string;
}): Promise<ServerProcess> {
  const url = `http://127.0.0.1:${options.port}`;
  const child = spawn(
    process.execPath,
    [options.program ?? bin, 'serve', '--port', String(options.port), ...(options.args ?? [])],
    {
      cwd: options.cwd,
      // No test asks the internet whether it is there.
      env: { PATH: process.env['PATH'], OAUTH_PIN: pin, OAUTH_CLIENT_DOCUMENTS: 'off', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let printed = '';
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await new Promise<void>((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`not up after ${startMs} ms:\n${printed}`)), startMs);
    const read = (chunk: Buffer) => {
      printed += chunk.toString('utf8');
      if (printed.includes(`${options.issuer ?? url}/mcp`)) {
        clearTimeout(deadline);
        resolve();
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    exited.then(([code]) => reject(new Error(`ended with ${code} before it served:\n${printed}`)), reject);
  }).catch(async (error: unknown) => {
    await end(child, exited, 'SIGKILL');
    throw error;
  });
  return { url, output: () => printed, stop: (signal) => end(child, exited, signal) };
}

async function end(child: ChildProcess, exited: Promise<[number | null, unknown]>, signal: NodeJS.Signals) {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  const [code] = await exited;
  return code;
}
