import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { makeFolder } from '../../make-folder.js';
import { StateError } from '../errors.js';
import { resolveStatePath, StateFile } from '../file/state-file.js';
import { type StateWaits, serverWaits } from '../waits.js';
import { ServerStore, type ServerStoreOptions } from './server-store.js';
import type { StateStore } from './store.js';

/** As ServerStoreOptions; clocks and waits are the process's and `serverWaits` by default. */
export interface OpenServerStoreOptions
  extends Omit<ServerStoreOptions, 'now' | 'monotonicMs' | 'waits'>,
    Partial<Pick<ServerStoreOptions, 'now' | 'monotonicMs'>> {
  /** The state file; its folder is made, 0700, when it is missing. */
  readonly path: string;
  /** A folder that others read, where the state must not be. */
  readonly outside?: string | undefined;
  readonly waits?: Partial<StateWaits>;
}

/**
 * Opens the state file for a server and saves it once. Rejects with StateError, touching nothing, when what is there must
 * not be served: a newer version, something else than a state file, somebody else's. For nothing else: it then starts
 * with what can be read, says so in the log and in `health()`, and goes on trying.
 */
export async function openServerStore(options: OpenServerStoreOptions): Promise<StateStore> {
  const { log } = options;
  if (options.outside !== undefined) await refuseInside(options.path, options.outside);
  const path = resolve(options.path);
  try {
    makeFolder(dirname(path), 0o700);
  } catch {
    // The first save says why.
  }
  const file = new StateFile(await resolveStatePath(path).catch(() => path), path);
  const store = new ServerStore(file, {
    now: () => Math.floor(Date.now() / 1_000),
    monotonicMs: () => performance.now(),
    ...options,
    waits: { ...serverWaits, ...options.waits },
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
