import { randomBytes } from 'node:crypto';
import { rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { VaultMcpError } from './errors.js';

/** Between the target's name and the random part of what a write stages beside it. */
export const stagedMark = '.vault-mcp-';

/**
 * Replaces `path` by `bytes` in one rename, or leaves it as it was; `mode` is that of the new file. Rejects with Node's
 * system errors, or VaultMcpError `short_write`: write-file-atomic reports success for a write that a full disk cut off,
 * so it writes beside the target and the size is compared before the rename. `beforeRename` gets the staged file's path
 * at the last moment and may reject, which leaves the target as it was.
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array,
  mode: number,
  beforeRename: (stagedPath: string) => Promise<void> = async () => {},
): Promise<void> {
  // 60 UTF-16 units are at most 180 bytes, which leaves room for both suffixes in a name of 255.
  const name = `.${basename(path).slice(0, 60)}${stagedMark}${randomBytes(6).toString('hex')}`;
  const staged = join(dirname(path), name);
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
    await beforeRename(staged);
    await rename(staged, path);
  } catch (error) {
    await unlink(staged).catch(() => {});
    throw error;
  }
}
