import { lstat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import process from 'node:process';
import { systemErrorCode } from '../../errors.js';
import { asReadError, StateError } from '../errors.js';
import { resolveStatePath, StateFile } from './state-file.js';
import { missingFile, StateReader } from './state-reader.js';

/**
 * Finds the state file for a command; nothing is read yet. Root gives its rights up for good and goes on as the file's
 * owner. Rejects with StateError `state_missing` or `state_unreadable`.
 */
export async function findStateFile(path: string): Promise<StateReader> {
  return await find(path, becomeOwner);
}

/** The same for a file that is only read, beside the state file itself: root stays root. */
export async function findSource(path: string): Promise<StateReader> {
  return await find(path, (realPath) => realPath);
}

async function find(path: string, reach: (path: string) => string | Promise<string>): Promise<StateReader> {
  try {
    const realPath = await resolveStatePath(path);
    return new StateReader(new StateFile(await reach(realPath)), realPath);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw asReadError(path, error);
    throw missingFile(path);
  }
}

/**
 * As root, enters the file's folder (its owner may not be able to get there alone) and becomes the file's owner, so that
 * nothing root-owned is left to lock the service out, and no planted link is followed with root's rights. Returns the
 * path by which the file is reached from then on.
 */
async function becomeOwner(path: string): Promise<string> {
  if (process.geteuid?.() !== 0 || (await ownerOf(path)).uid === 0) return path;
  process.chdir(dirname(path));
  const reached = `./${basename(path)}`;
  const { uid, gid } = await ownerOf(reached);
  if (uid === 0) throw new StateError('state_unreadable', `${path} was replaced just now`, { hint: 'try again' });
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
  return reached;
}

/** A file that root left in somebody's folder is that somebody's business, and so is one that is not there. */
async function ownerOf(path: string): Promise<{ uid: number; gid: number }> {
  const folder = await lstat(dirname(path));
  const file = await lstat(path).catch(() => folder);
  return file.uid === 0 ? folder : file;
}
