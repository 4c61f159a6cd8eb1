import { randomBytes } from 'node:crypto';
import { chmod, link, lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode } from '../../errors.js';
import { StateError } from '../errors.js';

const mostCopies = 10;

/**
 * Gives the file a second name, `<name>.corrupt-<random>`, 0600, so that replacing it loses nothing; returns the copy's
 * path. Rejects with StateError `state_unwritable` when there are ten already or the file cannot be linked.
 */
export async function setAside(path: string): Promise<string> {
  try {
    const folder = dirname(path);
    const prefix = `${basename(path)}.corrupt-`;
    const original = await lstat(path, { bigint: true });
    const copies = (await readdir(folder)).filter((name) => name.startsWith(prefix));
    for (const name of copies) {
      const copy = await lstat(join(folder, name), { bigint: true });
      if (copy.ino === original.ino && copy.dev === original.dev) return join(folder, name);
    }
    if (copies.length >= mostCopies) {
      throw new StateError(
        'state_unwritable',
        `${path} cannot be kept aside: there are ${copies.length} copies already`,
        {
          hint: `look at ${path}.corrupt-* and move them away`,
        },
      );
    }
    const copy = join(folder, `${prefix}${randomBytes(6).toString('hex')}`);
    await link(path, copy);
    await chmod(copy, 0o600).catch(() => {});
    return copy;
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw new StateError(
      'state_unwritable',
      `${path} cannot be kept aside (${systemErrorCode(error) ?? String(error)}), so it is not replaced`,
      { cause: error, hint: 'move it away by hand, or make its folder writable' },
    );
  }
}
