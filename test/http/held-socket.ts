import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import process from 'node:process';

interface BoundHandle {
  readonly fd: number;
  getsockname(out: { port?: number }): number;
  close(): void;
}

/** What cluster uses as well: binds, but neither listens nor accepts. */
const { _createServerHandle: createServerHandle } = net as unknown as {
  _createServerHandle(address: string, port: number, type: 4 | 6): BoundHandle | number;
};

export interface HeldSocket {
  readonly port: number;
  /** Starts a program that gets the socket as descriptor 3 and its own process id in LISTEN_PID, as from systemd. */
  start(command: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess;
  close(): void;
}

/** Binds a free port of 127.0.0.1 and holds it while servers come and go. */
export function holdSocket(): HeldSocket {
  const handle = createServerHandle('127.0.0.1', 0, 4);
  if (typeof handle === 'number') throw new Error(`cannot bind: ${handle}`);
  const name: { port?: number } = {};
  handle.getsockname(name);
  return {
    port: name.port ?? 0,
    start: (command, env = {}) =>
      spawn('/bin/sh', ['-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh', ...command], {
        stdio: ['ignore', 'pipe', 'pipe', handle.fd],
        env: { PATH: process.env['PATH'], OAUTH_CLIENT_DOCUMENTS: 'off', ...env },
      }),
    close: () => handle.close(),
  };
}

/** Ends a process with SIGTERM and waits until it is gone. */
export async function terminate(child: ChildProcess): Promise<number | null> {
  const exited = once(child, 'exit') as Promise<[number | null]>;
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill('SIGTERM');
  const [code] = await exited;
  return code;
}
