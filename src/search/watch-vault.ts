import { basename, relative, resolve, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { systemErrorCode } from '../errors.js';
import type { Log } from '../log.js';
import type { Vault } from '../vault/vault.js';
import { describe } from './note-feed.js';

export interface VaultWatcher {
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly vault: Vault;
  readonly log: Log;
  /** A note was added, changed or deleted. */
  readonly onNote: (path: string) => void;
  /** Something happened that does not say which notes changed: a folder came or went, or events may have been lost. */
  readonly onUncertain: () => void;
  /** The vault's own folder went away; if there is one again, it is another. */
  readonly onReplaced: () => void;
  /** The system watches no further folders: from now on only looking tells what changed. */
  readonly onBlind: () => void;
}

/** More changes than this at once can overflow the system's queue of events. */
const burst = 1000;
const quietMs = 50;

/**
 * Watches the folders of a vault. Only folders, for they tell of the files in them: a watch per file costs memory and
 * time by the note, and runs into the limits of inotify.
 */
export function watchVault({ vault, log, onNote, onUncertain, onReplaced, onBlind }: WatchOptions): VaultWatcher {
  const changed = new Set<string>();
  let isUncertain = false;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    timer = undefined;
    if (isUncertain || changed.size > burst) onUncertain();
    else for (const path of changed) onNote(path);
    changed.clear();
    isUncertain = false;
  }

  function note(path: string | undefined): void {
    if (path === undefined) isUncertain = true;
    else changed.add(path);
    timer ??= setTimeout(flush, quietMs);
  }

  const watcher: FSWatcher = watch(vault.root, {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (path, stats) => isIgnored(vault, path, stats?.isDirectory()),
  });
  watcher.on('raw', (event, name, details) => {
    const { watchedPath } = details as { watchedPath?: string };
    if (typeof name !== 'string' || watchedPath === undefined) return note(undefined);
    // A watched folder's own going carries its own name.
    if (String(event) === 'rename' && watchedPath === vault.root && name === basename(vault.root)) {
      note(undefined);
      onReplaced();
    }
    const path = vaultPath(vault, resolve(watchedPath, name));
    if (vault.isListed(path)) note(path);
  });
  // What changed before the watcher was there, only looking tells.
  watcher.on('ready', () => note(undefined));
  watcher.on('addDir', () => note(undefined));
  watcher.on('unlinkDir', () => note(undefined));
  watcher.on('error', (error) => {
    const code = systemErrorCode(error);
    if (code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE') return onBlind();
    log.warn('a folder of the vault cannot be watched', { reason: describe(error) });
    note(undefined);
  });

  return {
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}

function isIgnored(vault: Vault, path: string, isFolder: boolean | undefined): boolean {
  const inVault = vaultPath(vault, path);
  if (inVault === '') return false;
  return isFolder === false || !vault.isListed(`${inVault}/note.md`);
}

function vaultPath(vault: Vault, path: string): string {
  const inVault = relative(vault.root, path);
  return sep === '/' ? inVault : inVault.split(sep).join('/');
}
