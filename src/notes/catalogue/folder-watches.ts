import { type FSWatcher, lstatSync, readdirSync, watch } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import { systemErrorCode } from '../../errors.js';

export interface FolderWatchesOptions {
  readonly root: string;
  /** Whether the folder of that full path is to be followed; asked for every folder below `root`. */
  readonly isFollowed: (path: string) => boolean;
  /** Something happened to that name in that folder; without a name, to any of them. */
  readonly onEvent: (event: 'rename' | 'change', folder: string, name: string | undefined) => void;
  /** A folder was added, removed or replaced; there were no events for its content. */
  readonly onFolder: () => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Watches a folder and those below it, each with one watch, without looking at the files: a change costs the same in
 * a folder of ten notes as of ten thousand. Links to folders are not followed. Returns what ends it.
 */
export function watchFolders({ root, isFollowed, onEvent, onFolder, onError }: FolderWatchesOptions): () => void {
  const watches = new Map<string, { readonly watcher: FSWatcher; readonly inode: bigint }>();
  let isClosed = false;

  function follow(folder: string): void {
    if (isClosed) return;
    try {
      const inode = folderInode(folder);
      if (inode === undefined) return;
      const watcher = watch(folder, (event, name) => seen(folder, event, name ?? undefined));
      watcher.on('error', (error) => lost(folder, error));
      watches.set(folder, { watcher, inode });
      // After the watch began: what comes in between is told by one of them.
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory() && isFollowed(path) && !watches.has(path)) follow(path);
      }
    } catch (error) {
      if (!isGone(error)) onError(error);
    }
  }

  function seen(folder: string, event: 'rename' | 'change', name: string | undefined): void {
    if (isClosed) return;
    onEvent(event, folder, name);
    if (event !== 'rename' || name === undefined) return;
    try {
      // A folder's own going carries its own name; one made anew often has the inode of the old, whose watch is gone.
      if (name === basename(folder) && watches.has(folder)) renew(folder);
      else look(resolve(folder, name));
    } catch (error) {
      onError(error);
    }
  }

  /** Follows what a name stands for now, if that is a folder, and no longer what it stood for. */
  function look(path: string): void {
    const known = watches.get(path);
    if (known === undefined && !isFollowed(path)) return;
    const inode = folderInode(path);
    if (known?.inode === inode) return;
    if (known !== undefined) leave(path);
    if (inode !== undefined) follow(path);
    onFolder();
  }

  function renew(folder: string): void {
    leave(folder);
    follow(folder);
    onFolder();
  }

  function leave(folder: string): void {
    for (const [path, { watcher }] of watches) {
      if (path !== folder && !path.startsWith(`${folder}${sep}`)) continue;
      watcher.close();
      watches.delete(path);
    }
  }

  function lost(folder: string, error: unknown): void {
    leave(folder);
    if (!isGone(error)) onError(error);
    onFolder();
  }

  follow(root);
  return () => {
    isClosed = true;
    for (const { watcher } of watches.values()) watcher.close();
    watches.clear();
  };
}

/** The inode of a folder; undefined when there is none of that name. */
function folderInode(path: string): bigint | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat?.isDirectory() ? stat.ino : undefined;
}

function isGone(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EPERM';
}
