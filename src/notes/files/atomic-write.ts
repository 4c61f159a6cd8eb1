import {
  closeSync,
  fchmodSync,
  fsyncSync,
  lchownSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { stagedPath } from '../../atomic-file.js';
import { systemErrorCode } from '../../errors.js';

/**
 * Writes `bytes` to a new file beside `path`, which `publish` is to move there; when that throws, nothing is left of it. Throws
 * Node's system errors.
 */
export function stageFile(path: string, bytes: Uint8Array, mode: number, publish: (stagedPath: string) => void): void {
  const staged = stagedPath(path);
  try {
    // Follows no link, and opens nothing that is there.
    const descriptor = openSync(staged, 'wx', 0o600);
    try {
      writeFileSync(descriptor, bytes);
      fchmodSync(descriptor, mode);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    publish(staged);
  } catch (error) {
    try {
      unlinkSync(staged);
    } catch {
      // It was not made, or was moved.
    }
    throw error;
  }
}

/**
 * Moves a file to a name that nothing has. Returns false, and nothing moved, when something has come there; where the file
 * system has no hard links, only what was there before the call is seen.
 */
export function moveUnlessTaken(from: string, to: string): boolean {
  try {
    linkSync(from, to);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    // The file system, or its rules, allow no link. If the disk is at fault, the rename says so.
    renameSync(from, to);
    return true;
  }
  dropOldName(from, to);
  return true;
}

/**
 * Takes its old name from a file that has both. What another program saved under the old one meanwhile is newer, and gets the
 * new name. When the old one cannot be taken, the new one is.
 */
export function dropOldName(from: string, to: string): void {
  const aside = stagedPath(from);
  try {
    renameSync(from, aside);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    unlinkSync(to);
    throw error;
  }
  if (isOneFile(aside, to)) unlinkSync(aside);
  else renameSync(aside, to);
}

/** True when both names are there and of one file. */
export function isOneFile(path: string, other: string): boolean {
  // Some file systems have numbers of inodes that are too long for a JavaScript number.
  const options = { bigint: true, throwIfNoEntry: false } as const;
  const [one, two] = [lstatSync(path, options), lstatSync(other, options)];
  return one !== undefined && one.ino === two?.ino && one.dev === two.dev;
}

/** Gives a new file or folder the owner of what it replaces or stands in, so that a server run as root locks nobody out. */
export function keepOwner(path: string, like: Stats): void {
  const { uid, gid } = lstatSync(path);
  if (uid === like.uid && gid === like.gid) return;
  try {
    lchownSync(path, like.uid, like.gid);
  } catch (error) {
    // Only root may give files away; for everybody else the new file is simply theirs.
    if (systemErrorCode(error) !== 'EPERM' && systemErrorCode(error) !== 'EINVAL') throw error;
  }
}
