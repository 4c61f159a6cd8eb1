import { basename, relative, resolve, sep } from 'node:path';
import { systemErrorCode } from '../errors.js';
import type { Log } from '../log.js';
import type { Vault } from '../vault/vault.js';
import { watchFolders } from './folder-watches.js';
import { describe } from './note-feed.js';

export interface VaultWatcher {
  close(): void;
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

  const watches = watchFolders({
    root: vault.root,
    isFollowed: (path) => vault.isListed(`${vaultPath(vault, path)}/note.md`),
    onEvent(event, folder, name) {
      if (name === undefined) return note(undefined);
      // A watched folder's own going carries its own name.
      if (event === 'rename' && folder === vault.root && name === basename(vault.root)) {
        note(undefined);
        onReplaced();
      }
      const path = vaultPath(vault, resolve(folder, name));
      if (vault.isListed(path)) note(path);
    },
    onFolder: () => note(undefined),
    onError(error) {
      const code = systemErrorCode(error);
      // Not from within this call, whose watcher its caller does not have yet.
      if (code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE') return queueMicrotask(onBlind);
      log.warn('a folder of the vault cannot be watched', { reason: describe(error) });
      note(undefined);
    },
  });
  // What changed before the watches were there, only looking tells.
  note(undefined);

  return {
    close() {
      clearTimeout(timer);
      watches.close();
    },
  };
}

function vaultPath(vault: Vault, path: string): string {
  const inVault = relative(vault.root, path);
  return sep === '/' ? inVault : inVault.split(sep).join('/');
}
