import { lstat, rename, unlink } from 'node:fs/promises';
import { linkUnlessTaken, stagedPath } from '../atomic-file.js';
import { systemErrorCode } from '../errors.js';

/**
 * Moves a file to a name that nothing has. Rejects with EEXIST, and nothing moved, when something has come there; where the
 * file system has no hard links, only what was there before the call is seen.
 */
export async function moveUnlessTaken(from: string, to: string): Promise<void> {
  if (!(await linkUnlessTaken(from, to))) return rename(from, to);
  // Another program may have saved a newer text under the old name by now: it is not removed unseen.
  const aside = stagedPath(from);
  try {
    await rename(from, aside);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    await unlink(to);
    throw error;
  }
  const [left, moved] = await Promise.all([lstat(aside, { bigint: true }), lstat(to, { bigint: true })]);
  if (left.ino === moved.ino && left.dev === moved.dev) await unlink(aside);
  else await rename(aside, to);
}
