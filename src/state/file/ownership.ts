import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { StateError } from '../errors.js';

const sticky = 0o1000;
const writableByOthers = 0o002;

/**
 * Rejects with StateError `state_foreign` when somebody else could have put the state file there, and so would be let in:
 * it is neither this user's nor root's, or everybody may replace files in its folder. `uid` is the file's owner,
 * undefined while there is none; `name` is what the error calls it.
 */
export async function refuseForeign(path: string, uid: number | undefined, name: string = path): Promise<void> {
  const own = process.geteuid?.();
  if (own === undefined) return;
  const folder = await lstat(dirname(path));
  const isOpen = (folder.mode & writableByOthers) !== 0 && (folder.mode & sticky) === 0;
  // Root serves files of others, too, in folders of theirs.
  const isOurs = uid === undefined || uid === own || uid === 0 || (own === 0 && uid === folder.uid);
  if ((isOurs && !isOpen) || !(await keepsOwners(path, own))) return;
  if (isOurs) {
    throw new StateError('state_foreign', `everybody may replace files in ${dirname(name)}`, {
      hint: `anybody who can replace the state file gets access; run: chmod o-w ${dirname(name)}`,
    });
  }
  throw new StateError('state_foreign', `${name} belongs to another user (uid ${uid}, not ${own})`, {
    hint: 'its owner could log in with it; if the file is yours, chown it to the user that runs the server',
  });
}

/** False on file systems that know neither owners nor modes, as exFAT, and where a network share maps them. */
async function keepsOwners(path: string, uid: number): Promise<boolean> {
  const probe = `${path}.probe-${randomBytes(8).toString('hex')}`;
  try {
    await mkdir(probe, 0o700);
  } catch {
    return true;
  }
  try {
    const made = await lstat(probe);
    return made.uid === uid && (made.mode & 0o777) === 0o700;
  } finally {
    await rmdir(probe).catch(() => {});
  }
}
