import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, link, open, readdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode } from '../../errors.js';
import { StateError } from '../errors.js';

const mostCopies = 10;

/**
 * Keeps the file's content under another name, `<name>.corrupt-<random>`, 0600, so that replacing it loses nothing; returns
 * that name's path. Rejects with StateError `state_copies` when there are ten already, `state_unwritable` when it cannot be written.
 */
export async function setAside(path: string): Promise<string> {
  try {
    const folder = dirname(path);
    const prefix = `${basename(path)}.corrupt-`;
    const copies = (await readdir(folder)).filter((name) => name.startsWith(prefix));
    if (copies.length >= mostCopies) {
      throw new StateError('state_copies', `${path} cannot be kept aside: there are ${copies.length} copies already`, {
        hint: `look at ${path}.corrupt-* and move them away`,
      });
    }
    const copy = join(folder, `${prefix}${randomBytes(6).toString('hex')}`);
    // Some file systems have no hard links, and some networks lose the answer to one that was made.
    await link(path, copy).catch(() => copyInto(path, copy));
    await chmod(copy, 0o600).catch(() => {});
    return copy;
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw new StateError(
      'state_unwritable',
      `${path} cannot be copied (${systemErrorCode(error) ?? String(error)}), so it is not replaced`,
      { cause: error, hint: 'move it away by hand, or make its folder writable' },
    );
  }
}

async function copyInto(path: string, copy: string): Promise<void> {
  try {
    await unlink(copy).catch(() => {});
    await copyFile(path, copy, constants.COPYFILE_EXCL);
    const handle = await open(copy, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    await unlink(copy).catch(() => {});
    throw error;
  }
}
