import { randomBytes } from 'node:crypto';
import { link, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { systemErrorCode, VaultMcpError } from './errors.js';

/** Between the target's name and the random part of what a write stages beside it. */
export const stagedMark = '.vault-mcp-';

/**
 * Replaces `path` by `bytes` in one rename, or leaves it as it was; `mode` is that of the new file. Rejects with Node's
 * system errors, or VaultMcpError `short_write`: write-file-atomic reports success for a write that a full disk cut off,
 * so it writes beside the target and the size is compared before the rename. `beforeRename` gets the staged file's path
 * at the last moment and may reject, which leaves the target as it was.
 */
export function writeFileAtomically(
  path: string,
  bytes: Uint8Array,
  mode: number,
  beforeRename: BeforePublish = async () => {},
): Promise<void> {
  return publish(path, bytes, mode, beforeRename, rename);
}

/** As `writeFileAtomically`, but rejects with EEXIST, and leaves what is there, when something has come to `path`. */
export function createFileAtomically(
  path: string,
  bytes: Uint8Array,
  mode: number,
  beforeLink: BeforePublish,
): Promise<void> {
  return publish(path, bytes, mode, beforeLink, async (staged) => {
    if (await linkUnlessTaken(staged, path)) await unlink(staged).catch(() => {});
    else await rename(staged, path);
  });
}

/** Gives a file a second name. Resolves to false where the file system, or its rules, allow none; rejects with EEXIST. */
export async function linkUnlessTaken(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw error;
    // If the disk is at fault, the rename that comes instead says so.
    return false;
  }
}

/** A name beside `path` that nothing else has, and that no list of notes shows. */
export function stagedPath(path: string): string {
  // 60 UTF-16 units are at most 180 bytes, which leaves room for both suffixes in a name of 255.
  return join(dirname(path), `.${basename(path).slice(0, 60)}${stagedMark}${randomBytes(6).toString('hex')}`);
}

type BeforePublish = (stagedPath: string) => Promise<void>;

async function publish(
  path: string,
  bytes: Uint8Array,
  mode: number,
  before: BeforePublish,
  put: (staged: string, path: string) => Promise<void>,
): Promise<void> {
  const staged = stagedPath(path);
  try {
    await writeFileAtomic(staged, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      mode,
    });
    const { size } = await stat(staged);
    if (size !== bytes.byteLength) {
      throw new VaultMcpError('short_write', `only ${size} of ${bytes.byteLength} bytes could be written`, {
        hint: 'is the disk full?',
      });
    }
    await before(staged);
    await put(staged, path);
  } catch (error) {
    await unlink(staged).catch(() => {});
    throw error;
  }
}
