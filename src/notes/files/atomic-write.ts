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

/** Called with the staged file's path at the last moment; when it throws, the target stays as it was. */
type BeforePublish = (stagedPath: string) => void;

/**
 * Replaces `path` by `bytes` in one rename, or leaves it as it was; `mode` is that of the new file. Throws Node's system
 * errors.
 */
export function replaceFile(path: string, bytes: Uint8Array, mode: number, before: BeforePublish): void {
  publish(path, bytes, mode, before, (staged) => renameSync(staged, path));
}

/** As `replaceFile`, but throws EEXIST, and leaves what is there, when something has come to `path`. */
export function createFile(path: string, bytes: Uint8Array, mode: number, before: BeforePublish): void {
  publish(path, bytes, mode, before, (staged) => {
    if (linkUnlessTaken(staged, path)) removeStaged(staged);
    else renameSync(staged, path);
  });
}

/**
 * Moves a file to a name that nothing has. Returns false, and nothing moved, when something has come there; where the file
 * system has no hard links, only what was there before the call is seen.
 */
export function moveUnlessTaken(from: string, to: string): boolean {
  try {
    if (!linkUnlessTaken(from, to)) {
      renameSync(from, to);
      return true;
    }
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
  // Another program may have saved a newer text under the old name by now: it is not removed unseen.
  const aside = stagedPath(from);
  try {
    renameSync(from, aside);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return true;
    unlinkSync(to);
    throw error;
  }
  const [left, moved] = [lstatSync(aside, { bigint: true }), lstatSync(to, { bigint: true })];
  if (left.ino === moved.ino && left.dev === moved.dev) unlinkSync(aside);
  else renameSync(aside, to);
  return true;
}

/** Gives a file a second name. Returns false where the file system, or its rules, allow none; throws EEXIST. */
function linkUnlessTaken(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw error;
    // If the disk is at fault, the rename that comes instead says so.
    return false;
  }
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

function publish(
  path: string,
  bytes: Uint8Array,
  mode: number,
  before: BeforePublish,
  put: (staged: string) => void,
): void {
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
    before(staged);
    put(staged);
  } catch (error) {
    removeStaged(staged);
    throw error;
  }
}

function removeStaged(staged: string): void {
  try {
    unlinkSync(staged);
  } catch {
    // It was not made, or was renamed.
  }
}
