import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { VaultError } from './errors.js';

/** A folder held while something is done in it, so that links swapped in above or at its name lead nowhere else. */
export interface HeldFolder {
  /** The path that names an entry of this very folder in a system call; `.` for the folder itself. */
  at(name: string): string;
  /** Holds a subfolder, never through a symbolic link. */
  enter(name: string): Promise<HeldFolder>;
  /** The existing entry's name as the disk spells it, where the file system ignores case. */
  actualName(name: string): Promise<string>;
  /** Rejects with VaultError `outside_vault` when the folder's path has come to lead elsewhere. */
  confirm(): Promise<void>;
  /** As `confirm`, and when the entry is not the file that was opened under its name. */
  confirmOpened(name: string, opened: FileHandle): Promise<void>;
  close(): Promise<void>;
}

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK;

/** Opens the folder at a path that may be a link, as the operator gave it. */
export type HoldFolder = (path: string) => Promise<HeldFolder>;

/** Returns how to hold folders here: by descriptor where `/proc/self/fd` can be walked (Linux), otherwise by real path. */
export async function chooseHold(root: string): Promise<HoldFolder> {
  const handle = await open(root, folderFlags);
  try {
    const [own, walked] = await Promise.all([
      handle.stat({ bigint: true }),
      lstat(`/proc/self/fd/${handle.fd}/.`, { bigint: true }).catch(() => undefined),
    ]);
    return walked !== undefined && walked.ino === own.ino && walked.dev === own.dev ? holdByDescriptor : holdByPath;
  } finally {
    await handle.close();
  }
}

/** Holds a folder by an open descriptor: what is done through it stays in it whatever becomes of its name. */
export async function holdByDescriptor(path: string): Promise<HeldFolder> {
  return byDescriptor(await open(path, folderFlags));
}

function byDescriptor(handle: FileHandle): HeldFolder {
  const at = (name: string) => `/proc/self/fd/${handle.fd}/${name}`;
  return {
    at,
    enter: async (name) => byDescriptor(await open(at(name), folderFlags | constants.O_NOFOLLOW)),
    actualName: async (name) => name,
    confirm: async () => {},
    confirmOpened: async () => {},
    close: () => handle.close(),
  };
}

/**
 * Holds a folder by its real path and its identity, compared again by `confirm`: for systems without `/proc/self/fd`. Node
 * has no openat, so a link that is swapped in and out again within a system call's time may go unseen here.
 */
export async function holdByPath(path: string): Promise<HeldFolder> {
  return byPath(path, await lstat(path, { bigint: true }));
}

function byPath(path: string, identity: BigIntStats): HeldFolder {
  const at = (name: string) => join(path, name);
  const confirm = async () => {
    const now = await lstat(path, { bigint: true });
    if (now.ino !== identity.ino || now.dev !== identity.dev || (await realpath(path)) !== path)
      throw changedMeanwhile();
  };
  return {
    at,
    confirm,
    confirmOpened: async (name, opened) => {
      await confirm();
      const stats = await opened.stat({ bigint: true });
      const now = await lstat(at(name), { bigint: true });
      if (now.ino !== stats.ino || now.dev !== stats.dev) throw changedMeanwhile();
      await confirm();
    },
    enter: async (name) => {
      const stats = await lstat(at(name), { bigint: true });
      if (!stats.isDirectory()) throw changedMeanwhile();
      await confirm();
      return byPath(at(name), stats);
    },
    actualName: async (name) => basename(await realpath(at(name))),
    close: async () => {},
  };
}

function changedMeanwhile(): VaultError {
  return new VaultError(
    'outside_vault',
    'A folder of the path was replaced while it was used: nothing was done. List the notes and try again.',
  );
}
