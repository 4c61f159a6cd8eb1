import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode, VaultMcpError } from '../../errors.js';

/** Called with the staged file's path at the last moment; when it throws, the target stays as it was. */
type BeforePublish = (stagedPath: string) => void;

/**
 * Replaces `path` by `bytes` in one rename, or leaves it as it was; `mode` is that of the new file. Throws Node's system
 * errors, or VaultMcpError `short_write`.
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
 * Moves a file to a name that nothing has. Throws EEXIST, and nothing moved, when something has come there; where the file
 * system has no hard links, only what was there before the call is seen.
 */
export function moveUnlessTaken(from: string, to: string): void {
  if (!linkUnlessTaken(from, to)) {
    renameSync(from, to);
    return;
  }
  // Another program may have saved a newer text under the old name by now: it is not removed unseen.
  const aside = stagedPath(from);
  try {
    renameSync(from, aside);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    unlinkSync(to);
    throw error;
  }
  const [left, moved] = [lstatSync(aside, { bigint: true }), lstatSync(to, { bigint: true })];
  if (left.ino === moved.ino && left.dev === moved.dev) unlinkSync(aside);
  else renameSync(aside, to);
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

/** A name beside `path` that nothing else has, and that no list of notes shows. */
function stagedPath(path: string): string {
  // 60 UTF-16 units are at most 180 bytes, which leaves room for both suffixes in a name of 255.
  return join(dirname(path), `.${basename(path).slice(0, 60)}.vault-mcp-${randomBytes(6).toString('hex')}`);
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

function publish(
  path: string,
  bytes: Uint8Array,
  mode: number,
  before: BeforePublish,
  put: (staged: string) => void,
): void {
  const staged = stagedPath(path);
  try {
    const descriptor = openSync(staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      const written = writeAll(descriptor, bytes);
      if (written !== bytes.byteLength) {
        throw new VaultMcpError('short_write', `only ${written} of ${bytes.byteLength} bytes could be written`, {
          hint: 'is the disk full?',
        });
      }
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

function writeAll(descriptor: number, bytes: Uint8Array): number {
  let written = 0;
  while (written < bytes.byteLength) {
    const count = writeSync(descriptor, bytes, written);
    if (count === 0) break;
    written += count;
  }
  return written;
}

function removeStaged(staged: string): void {
  try {
    unlinkSync(staged);
  } catch {
    // It was not made, or was renamed.
  }
}
