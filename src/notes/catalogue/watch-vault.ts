import { basename, relative, resolve, sep } from 'node:path';
import { systemErrorCode } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Bounds } from '../files/locate.js';
import { watchFolders } from './folder-watches.js';

export interface WatchOptions {
  readonly bounds: Bounds;
  readonly log: Log;
  /** Something of that path was added, changed or deleted. */
  readonly onFile: (path: string) => void;
  /** Something happened that does not say which files changed: a folder came or went, or events may have been lost. */
  readonly onUncertain: () => void;
  /** The vault's own folder went away; if there is one again, it is another. */
  readonly onReplaced: () => void;
  /** The system watches no further folders: from now on only looking tells what changed. */
  readonly onWatchLimit: () => void;
}

/** More changes than this at once can overflow the system's queue of events. */
const burst = 1000;
const quietMs = 50;

/**
 * Watches the folders of a vault. Only folders, for they tell of the files in them: a watch per file costs memory and
 * time by the note, and runs into the limits of inotify. Returns what ends it.
 */
export function watchVault({ bounds, log, onFile, onUncertain, onReplaced, onWatchLimit }: WatchOptions): () => void {
  const changed = new Set<string>();
  let isUncertain = false;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    timer = undefined;
    if (isUncertain || changed.size > burst) onUncertain();
    else for (const path of changed) onFile(path);
    changed.clear();
    isUncertain = false;
  }

  function note(path: string | undefined): void {
    if (path === undefined) isUncertain = true;
    else changed.add(path);
    timer ??= setTimeout(flush, quietMs);
  }

  const unwatch = watchFolders({
    root: bounds.root,
    isFollowed: (path) => bounds.visibility.isOpen(vaultPath(bounds.root, path).split('/')),
    onEvent(event, folder, name) {
      if (name === undefined) return note(undefined);
      // A watched folder's own going carries its own name.
      if (event === 'rename' && folder === bounds.root && name === basename(bounds.root)) {
        note(undefined);
        onReplaced();
      }
      const path = vaultPath(bounds.root, resolve(folder, name));
      if (bounds.visibility.isOpen(path.split('/'))) note(path);
    },
    onFolder: () => note(undefined),
    onError(error) {
      const code = systemErrorCode(error);
      // Not from within this call, whose watcher its caller does not have yet.
      if (code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE') return queueMicrotask(onWatchLimit);
      log.warn('a folder of the vault cannot be watched', { reason: String(error) });
      note(undefined);
    },
  });
  // What changed before the watches were there, only looking tells.
  note(undefined);

  return () => {
    clearTimeout(timer);
    unwatch();
  };
}

function vaultPath(root: string, path: string): string {
  const inVault = relative(root, path);
  return sep === '/' ? inVault : inVault.split(sep).join('/');
}
