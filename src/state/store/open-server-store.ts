import { randomBytes } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Log } from '../../log.js';
import { StateError } from '../errors.js';
import { resolveStatePath, StateFile } from '../file/state-file.js';
import type { EndedLogin } from '../rules/ended.js';
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
  /** A folder that others read, where the state must not be. */
  readonly outside?: string;
  /** Seconds since the epoch; defaults to the clock. */
  readonly now?: () => number;
  /** Milliseconds that only ever go forward; defaults to the process's. */
  readonly monotonicMs?: () => number;
  readonly waits?: Partial<StateWaits>;
  /** Is told of each login that another process, such as a command, ended. */
  readonly onEndedLogin?: (login: EndedLogin) => void;
}

/**
 * Opens the state file for a server and saves it once. Rejects with StateError, touching nothing, when what is there must
 * not be served: a newer version, something else than a state file, somebody else's. For nothing else: it then starts
 * with what can be read, says so in the log and in `health()`, and goes on trying.
 */
export async function openServerStore(options: OpenServerStoreOptions): Promise<StateStore> {
  const { log, resource, refreshTokenTtlSeconds } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1_000));
  if (options.outside !== undefined) await refuseInside(options.path, options.outside);
  await mkdir(dirname(resolve(options.path)), { recursive: true, mode: 0o700 }).catch(() => {});
  const path = resolve(options.path);
  const file = new StateFile(await resolveStatePath(path).catch(() => path), () => resolveStatePath(path));
  const store = new ServerStore(file, {
    resource,
    refreshTokenTtlSeconds,
    log,
    now,
    monotonicMs: options.monotonicMs ?? (() => performance.now()),
    random: randomBytes,
    waits: { ...serverWaits, ...options.waits },
    ...(options.onEndedLogin === undefined ? {} : { onEndedLogin: options.onEndedLogin }),
  });
  await store.open();
  const { clients, access_tokens, refresh_tokens } = store.view();
  log.info(
    `state path: ${store.path}, loaded ${clients.size} clients / ${access_tokens.size} access tokens / ${refresh_tokens.size} refresh tokens`,
  );
  return store;
}

async function refuseInside(path: string, folder: string): Promise<void> {
  const real = await realPathOf(resolve(path));
  const inside = relative(await realPathOf(resolve(folder)), real);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return;
  throw new StateError('state_foreign', `${path} is inside ${folder}, where clients read and write`, {
    hint: 'keep the state where notes are not: name another path with --state-path',
  });
}

/** Returns the path without links, as far as it exists. */
async function realPathOf(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined || dirname(path) === path) return real ?? path;
  return join(await realPathOf(dirname(path)), basename(path));
}
