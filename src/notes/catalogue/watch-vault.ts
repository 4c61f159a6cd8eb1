import { type FSWatcher, lstatSync, readdirSync, watch } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { systemErrorCode } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Bounds } from '../files/locate.js';

export interface WatchOptions {
  readonly bounds: Bounds;
  readonly log: Log;
  /** Something of these paths was added, changed or deleted; undefined when it is not known of which. */
  readonly onChange: (paths: readonly string[] | undefined) => void;
  /** The system watches no further folders: from now on only looking tells what changed. */
  readonly onLimit: () => void;
}

export interface VaultWatcher {
  /** Watches the vault, and what came to it or took a folder's place unseen, such as a mount; for after a look at the vault. */
  check(): void;
  close(): void;
}

/** More changes than this at once can overflow the system's queue of events. */
const burst = 1000;
const quietMs = 50;

/**
 * Watches the open folders of a vault, each with one watch, from the first `check` on. Only folders, for they tell of the
 * files in them: a watch per file costs memory and time by the note, and runs into the limits of inotify. Links to folders are
 * not followed.
 */
export function watchVault({ bounds, log, onChange, onLimit }: WatchOptions): VaultWatcher {
  const { root, visibility } = bounds;
  const watches = new Map<string, { readonly watcher?: FSWatcher; readonly identity: string }>();
  const changed = new Set<string>();
  let isUncertain = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  const vaultPath = (path: string) => relative(root, path).split(sep).join('/');
  const isOpen = (path: string) => visibility.isOpen(vaultPath(path).split('/'));

  function note(path: string | undefined): void {
    if (isClosed) return;
    if (path === undefined) isUncertain = true;
    else changed.add(path);
    timer ??= setTimeout(() => {
      timer = undefined;
      const paths = isUncertain || changed.size > burst ? undefined : [...changed];
      changed.clear();
      isUncertain = false;
      onChange(paths);
    }, quietMs);
  }

  function follow(folder: string): void {
    if (isClosed) return;
    try {
      const identity = folderIdentity(folder);
      if (identity === undefined) return;
      // One that cannot be watched is known too, or each check would try it again and ask for another scan.
      watches.set(folder, { identity });
      const watcher = watch(folder, (event, name) => seen(folder, event, name));
      watcher.on('error', (error) => {
        leave(folder);
        failed(folder, error);
      });
      watches.set(folder, { watcher, identity });
      // After the watch began: what comes in between is told by one of them.
      for (const path of newFolders(folder)) follow(path);
    } catch (error) {
      failed(folder, error);
    }
  }

  function newFolders(folder: string): string[] {
    const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return folders.map(({ name }) => join(folder, name)).filter((path) => isOpen(path) && !watches.has(path));
  }

  function seen(folder: string, event: 'rename' | 'change', name: string | null): void {
    if (isClosed) return;
    if (name === null) {
      note(undefined);
      return;
    }
    const path = join(folder, name);
    if (isOpen(path)) note(vaultPath(path));
    if (event !== 'rename') return;
    // A folder's own going carries its own name; one made anew often has the identity of the old, whose watch is gone.
    if (name === basename(folder) && watches.has(folder)) look(folder, true);
    else look(path);
  }

  /** Follows the new folders in a watched one, whose events may have been lost in a full queue. */
  function lookInside(folder: string): void {
    if (watches.get(folder)?.watcher === undefined) return;
    try {
      for (const path of newFolders(folder)) look(path);
    } catch {
      // The scan has told of a folder that cannot be read.
    }
  }

  /** Follows what a name stands for now, if that is a folder, and no longer what it stood for. */
  function look(path: string, isReplaced = false): void {
    const known = watches.get(path);
    if (known === undefined && path !== root && !isOpen(path)) return;
    let identity: string | undefined;
    try {
      identity = folderIdentity(path);
    } catch {
      // Until it can be looked at again it is what it was.
      return;
    }
    if (known?.identity === identity && !isReplaced) return;
    leave(path);
    if (identity !== undefined) follow(path);
    // There were no events for its content.
    note(undefined);
  }

  function leave(folder: string): void {
    for (const [path, { watcher }] of watches) {
      if (path !== folder && !path.startsWith(`${folder}${sep}`)) continue;
      watcher?.close();
      watches.delete(path);
    }
  }

  function failed(folder: string, error: unknown): void {
    const code = systemErrorCode(error);
    note(undefined);
    // The folder is gone; one made anew may have its identity.
    if (code === 'ENOENT' || code === 'ENOTDIR') leave(folder);
    else if (code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE') {
      if (isClosed) return;
      close();
      onLimit();
    } else if (code !== 'EPERM') log.warn('a folder of the vault cannot be watched', { reason: String(error) });
  }

  function close(): void {
    isClosed = true;
    clearTimeout(timer);
    leave(root);
  }

  return {
    check() {
      for (const path of isClosed ? [] : new Set([root, ...watches.keys()])) {
        look(path);
        lookInside(path);
      }
    },
    close,
  };
}

/** Tells a folder from others; undefined when there is none at that path. */
function folderIdentity(path: string): string | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat?.isDirectory() ? `${stat.dev} ${stat.ino}` : undefined;
}
