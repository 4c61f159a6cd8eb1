import { execFile } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { UsageError } from './errors.js';
import type { Output } from './io.js';
import type { Environment } from './serve-settings.js';

/** Where systemd's protocol for passed sockets begins to count (sd_listen_fds(3)). */
const firstPassedFd = 3;
const notifyMs = 2_000;

/** Returns the descriptor of the listening socket that the service manager passed, or undefined; throws UsageError for several. */
export function passedSocket(env: Environment): number | undefined {
  if (env['LISTEN_PID'] !== String(process.pid) || env['LISTEN_FDS'] === undefined) return undefined;
  if (env['LISTEN_FDS'] === '1') return firstPassedFd;
  throw new UsageError(
    `${env['LISTEN_FDS']} sockets were passed, not one`,
    'keep one ListenStream= in the socket unit',
  );
}

/** True when `output` is the journal's own stream (systemd.exec(5), JOURNAL_STREAM). */
export function isJournal(output: Output, env: Environment): boolean {
  const stream = env['JOURNAL_STREAM'];
  if (stream === undefined || output.fd === undefined) return false;
  try {
    const { dev, ino } = fstatSync(output.fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/**
 * Tells the service manager how it stands (sd_notify(3)), when there is one that listens. Node opens no such socket, so
 * systemd's own program does it.
 */
export async function notifyServiceManager(env: Environment, ...assignments: readonly string[]): Promise<void> {
  const { NOTIFY_SOCKET: socket, PATH: path = '/usr/bin:/bin' } = env;
  if (socket === undefined || socket === '') return;
  await new Promise<void>((resolve) => {
    const options = { env: { NOTIFY_SOCKET: socket, PATH: path }, timeout: notifyMs };
    execFile('systemd-notify', assignments, options, () => resolve());
  });
}
