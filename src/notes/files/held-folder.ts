import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { NotesError } from '../errors.js';
import { foldPath } from './note-path.js';

/** A folder held while something is done in it, so that links swapped in above or at its name lead nowhere else. */
export interface HeldFolder {
  /** The path that names an entry of this very folder in a system call; `.` for the folder itself. */
  at(name: string): string;
  /** Holds a subfolder, never through a symbolic link. */
  enter(name: string): HeldFolder;
  /** The existing entry's name as the disk spells it, where the file system ignores case. */
  actualName(name: string): string;
  /** Throws NotesError `outside_vault` when the folder's path has come to lead elsewhere. */
  confirm(): void;
  /** As `confirm`, and when the entry is not the file that was opened under its name. */
  confirmOpened(name: string, descriptor: number): void;
  close(): void;
}

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK;

/** Opens the folder at a path that may be a link, as the operator gave it. */
export type HoldFolder = (path: string) => HeldFolder;

/** Returns how to hold folders here: by descriptor where `/proc/self/fd` can be walked (Linux), otherwise by real path. */
export function chooseHold(root: string): HoldFolder {
  const descriptor = openSync(root, folderFlags);
  try {
    const own = fstatSync(descriptor, { bigint: true });
    const walked = lstatSync(`/proc/self/fd/${descriptor}/.`, { bigint: true, throwIfNoEntry: false });
    return walked?.ino === own.ino && walked.dev === own.dev ? holdByDescriptor : holdByPath;
  } catch {
    return holdByPath;
  } finally {
    closeSync(descriptor);
  }
}

/** Holds a folder by an open descriptor: what is done through it stays in it whatever becomes of its name. */
export function holdByDescriptor(path: string): HeldFolder {
  return byDescriptor(openSync(path, folderFlags));
}

function byDescriptor(descriptor: number): HeldFolder {
  const prefix = `/proc/self/fd/${descriptor}/`;
  let isClosed = false;
  return {
    at: (name) => prefix + name,
    enter: (name) => byDescriptor(openSync(prefix + name, folderFlags | constants.O_NOFOLLOW)),
    actualName: (name) => spelledName(prefix, name),
    confirm: () => {},
    confirmOpened: () => {},
    close: () => {
      // A number that was closed may be another file's by now.
      if (!isClosed) closeSync(descriptor);
      isClosed = true;
    },
  };
}

/**
 * Some folders of Linux (ext4, vfat, CIFS, FUSE) ignore case: there an entry is found by its name in another case too. Numbers of
 * inodes do not tell, for a file system may give each spelling its own.
 */
function spelledName(prefix: string, name: string): string {
  const other = name.toLowerCase() === name ? name.toUpperCase() : name.toLowerCase();
  if (other === name || lstatSync(prefix + other, { throwIfNoEntry: false }) === undefined) return name;
  const names = readdirSync(`${prefix}.`);
  return names.includes(name) ? name : (names.find((each) => foldPath(each) === foldPath(name)) ?? name);
}

/**
 * Holds a folder by its real path and its identity, compared again by `confirm`: for systems without `/proc/self/fd`. Node
 * has no openat, so a link that is swapped in and out again within a system call's time may go unseen here.
 */
export function holdByPath(path: string): HeldFolder {
  return byPath(path, lstatSync(path, { bigint: true }));
}

function byPath(path: string, identity: BigIntStats): HeldFolder {
  const at = (name: string) => join(path, name);
  const confirm = () => {
    const now = lstatSync(path, { bigint: true });
    if (now.ino !== identity.ino || now.dev !== identity.dev || realpathSync(path) !== path) throw changedMeanwhile();
  };
  return {
    at,
    confirm,
    confirmOpened: (name, descriptor) => {
      confirm();
      const stats = fstatSync(descriptor, { bigint: true });
      const now = lstatSync(at(name), { bigint: true });
      if (now.ino !== stats.ino || now.dev !== stats.dev) throw changedMeanwhile();
      confirm();
    },
    enter: (name) => {
      const stats = lstatSync(at(name), { bigint: true });
      if (!stats.isDirectory()) throw changedMeanwhile();
      confirm();
      return byPath(at(name), stats);
    },
    actualName: (name) => basename(realpathSync.native(at(name))),
    close: () => {},
  };
}

function changedMeanwhile(): NotesError {
  return new NotesError(
    'outside_vault',
    'A folder of the path was replaced during the call. Nothing was changed. List the notes and try again.',
  );
}
