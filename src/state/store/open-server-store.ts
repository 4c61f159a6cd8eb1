import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Log } from '../../log.js';
import { resolveStatePath, StateFile } from '../file/state-file.js';
import { type StateWaits, serverWaits } from '../waits.js';
import { ServerStore } from './server-store.js';
import type { StateStore } from './store.js';

export interface OpenServerStoreOptions {
  /** The state file; its folder is made, 0700, when it is missing. */
  readonly path: string;
  /** This server's RFC 8707 resource, for tokens imported from version 1. */
  readonly resource: string;
  /** For tokens imported without an expiry. */
  readonly refreshTokenTtlSeconds: number;
  readonly log: Log;
  /** Seconds since the epoch; defaults to the clock. */
  readonly now?: () => number;
  readonly waits?: Partial<StateWaits>;
}

/**
 * Opens the state file for a server and saves it once. Never rejects because of the file or the disk: it then starts with
 * what can be read, says so in the log and in `health()`, and goes on trying.
 */
export async function openServerStore(options: OpenServerStoreOptions): Promise<StateStore> {
  const { log, resource, refreshTokenTtlSeconds } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1_000));
  await mkdir(dirname(resolve(options.path)), { recursive: true, mode: 0o700 }).catch(() => {});
  const path = await resolveStatePath(options.path).catch(() => resolve(options.path));
  const store = new ServerStore(new StateFile(path), {
    resource,
    refreshTokenTtlSeconds,
    log,
    now,
    random: randomBytes,
    waits: { ...serverWaits, ...options.waits },
  });
  await store.open();
  const { clients, access_tokens, refresh_tokens } = store.view();
  log.info(
    `state path: ${path}, loaded ${clients.size} clients / ${access_tokens.size} access tokens / ${refresh_tokens.size} refresh tokens`,
  );
  return store;
}
