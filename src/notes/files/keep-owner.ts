import { lchownSync, lstatSync, type Stats } from 'node:fs';
import { systemErrorCode } from '../../errors.js';

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
