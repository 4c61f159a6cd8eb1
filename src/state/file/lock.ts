import { randomBytes } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { dropOldest } from '../../drop-oldest.js';
import { systemErrorCode } from '../../errors.js';
import { StateError } from '../errors.js';
import type { StateWaits } from '../waits.js';
import { type Stamp, stampOf } from './stamp.js';
import { syncFolder } from './state-file.js';

const heartbeatsPerTakeover = 5;
const noncePattern = /^[0-9a-f]{32}$/;

/** Another process took this holder for dead, and the lock is lost. Nothing was written; start again. */
export class LockLost extends Error {
  constructor() {
    super('another process took the lock over');
  }
}

export interface CommitOptions {
  /** Whose the new file shall be; undefined = the process's. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Called with the new file just before it is renamed into place. */
  readonly onPlacing?: (written: BigIntStats) => void;
}

export interface Written {
  /** The new state file, open. */
  readonly handle: FileHandle;
  /** Undefined when the file has to be read again. */
  readonly stamp: Stamp | undefined;
  /** What went wrong after the file was in place: it may not survive a power cut. */
  readonly unsynced?: unknown;
}

/**
 * The lock of a state file, held: `<state>.lock` is a folder with one file in it, named by the holder's nonce. The new
 * state is written into that file. Its rename onto the state file commits and releases in one step. If a holder is taken
 * for dead, its file is unlinked, so a late commit fails.
 */
export class HeldLock {
  readonly #path: string;
  readonly #nonceFile: string;
  readonly #handle: FileHandle;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(path: string, nonce: string, handle: FileHandle, heartbeatMs: number) {
    this.#path = path;
    this.#nonceFile = join(lockPath(path), nonce);
    this.#handle = handle;
    let isBeating = false;
    this.#heartbeat = setInterval(() => {
      // On a disk that hangs, these calls would pile up and use all threads for the file system.
      if (isBeating) return;
      isBeating = true;
      const now = new Date();
      handle
        .utimes(now, now)
        .catch(() => {})
        .finally(() => {
          isBeating = false;
        });
    }, heartbeatMs).unref();
  }

  /** Replaces the state file by `chunks` and releases the lock. Rejects with LockLost or Node's system errors. */
  async commit(chunks: Iterable<Uint8Array>, { owner, onPlacing }: CommitOptions = {}): Promise<Written> {
    let size = 0;
    for (const chunk of grouped(chunks)) {
      await this.#handle.writeFile(chunk);
      size += chunk.byteLength;
    }
    const written = await this.#handOver(owner);
    if (written.nlink === 0n) throw new LockLost();
    if (written.size !== BigInt(size)) {
      throw new StateError('state_unwritable', `only ${written.size} of ${size} bytes could be written`, {
        hint: 'is the disk full?',
      });
    }
    await this.#handle.sync();
    clearInterval(this.#heartbeat);
    const reading = await this.#enforced(() => open(this.#nonceFile, constants.O_RDONLY | constants.O_NOFOLLOW));
    onPlacing?.(written);
    try {
      await this.#enforced(() => rename(this.#nonceFile, this.#path));
    } catch (error) {
      // Network file systems may report a failure for a rename that was done. Only the place of the file counts.
      const there = await lstat(this.#path, { bigint: true }).catch(() => undefined);
      if (there?.ino !== written.ino || there.dev !== written.dev) {
        await reading.close().catch(() => {});
        throw error;
      }
    }
    // An open handle for writing would prevent a read-only remount.
    await this.#handle.close().catch(() => {});
    const result = { handle: reading, stamp: await stampSince(reading, written) };
    await removeNonceFile(this.#nonceFile);
    return syncFolder(dirname(this.#path)).then(
      () => result,
      (unsynced: unknown) => ({ ...result, unsynced }),
    );
  }

  /** Only root can change the owner of a file, and only root needs to. A mount may refuse even that. */
  async #handOver(owner: CommitOptions['owner']): Promise<BigIntStats> {
    const written = await this.#handle.stat({ bigint: true });
    if (owner === undefined || process.geteuid?.() !== 0) return written;
    if (written.uid === BigInt(owner.uid) && written.gid === BigInt(owner.gid)) return written;
    await this.#handle.chown(owner.uid, owner.gid).catch(() => {});
    return await this.#handle.stat({ bigint: true });
  }

  /** Without its nonce file a holder has lost the lock. */
  async #enforced<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw systemErrorCode(error) === 'ENOENT' ? new LockLost() : error;
    }
  }

  /** Releases the lock without a commit, if this process still holds it. Never rejects. */
  async release(): Promise<void> {
    clearInterval(this.#heartbeat);
    await removeNonceFile(this.#nonceFile);
    await this.#handle.close().catch(() => {});
  }
}

/** Nonce files that this process could not remove when it released a lock. Nobody need wait for them. */
const leftBehind = new Set<string>();

/** Removes a nonce file and the folder around it, now or before the next lock is taken. Never rejects. */
async function removeNonceFile(nonceFile: string): Promise<void> {
  const removeBoth = async () => (await isRemoved(nonceFile, unlink)) && (await isRemoved(dirname(nonceFile), rmdir));
  // A single failure usually passes by the next call.
  if ((await removeBoth()) || (await removeBoth())) leftBehind.delete(nonceFile);
  else leftBehind.add(nonceFile);
  dropOldest(leftBehind, 100);
}

/** True when nothing of ours is left at `path`. */
async function isRemoved(path: string, remove: (path: string) => Promise<void>): Promise<boolean> {
  try {
    await remove(path);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) return true;
    // A read-only file system refuses to remove even what is not there.
    return lstat(path).then(
      () => false,
      (absent: unknown) => systemErrorCode(absent) === 'ENOENT',
    );
  }
}

/** How long a contender waits for another holder, and for its sign of life. */
export type LockPatience = Pick<StateWaits, 'lockMs' | 'takeoverMs'>;

/**
 * Takes the lock of the state file `path`, waiting for another holder as long as `patience` says, which is asked again and
 * again. Rejects with StateError `state_locked`, or Node's system errors when the folder cannot be written.
 */
export async function acquireLock(path: string, patience: () => LockPatience): Promise<HeldLock> {
  for (const nonceFile of leftBehind) await removeNonceFile(nonceFile);
  const beganMs = performance.now();
  const watch = new HolderWatch(lockPath(path));
  for (;;) {
    const nonce = randomBytes(16).toString('hex');
    const own = await createOwnFolder(path, nonce);
    try {
      while (!(await enter(own.folder, path))) {
        const { lockMs, takeoverMs } = patience();
        if (performance.now() - beganMs > lockMs) {
          throw new StateError('state_locked', `${path} is locked by another process`, { hint: 'try again' });
        }
        await watch.look(takeoverMs);
        await setTimeout(3 + Math.random() * 2);
      }
      return new HeldLock(path, nonce, own.handle, patience().takeoverMs / heartbeatsPerTakeover);
    } catch (error) {
      await own.handle.close().catch(() => {});
      // A move into the lock's place that was done and reported as failed left it there.
      await removeNonceFile(join(own.folder, nonce));
      await removeNonceFile(join(lockPath(path), nonce));
      if (!(error instanceof FolderSwept)) throw error;
    }
  }
}

/** Removes what killed processes left beside the state file; only call it while holding the lock. Never rejects. */
export async function sweepLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(lockPath(path))}-`;
  const names = await readdir(folder).catch(() => [] as string[]);
  for (const name of names) {
    const nonce = name.slice(prefix.length);
    if (!name.startsWith(prefix) || !noncePattern.test(nonce)) continue;
    const leftover = join(folder, name);
    const stat = await lstat(leftover).catch(() => undefined);
    // A living contender's folder is younger: it gives up, or gets in, long before.
    if (!stat?.isDirectory() || Math.abs(Date.now() - stat.mtimeMs) < leftoverAgeMs) continue;
    await unlink(join(leftover, nonce)).catch(() => {});
    await rmdir(leftover).catch(() => {});
  }
}

const leftoverAgeMs = 60_000;

export function lockPath(path: string): string {
  return `${path}.lock`;
}

/** The rename changes ctime; anything else means that somebody wrote into the new file already, which must be read. */
async function stampSince(handle: FileHandle, written: BigIntStats): Promise<Stamp | undefined> {
  const now = await handle.stat({ bigint: true }).catch(() => undefined);
  const same = now?.ino === written.ino && now.size === written.size && now.mtimeNs === written.mtimeNs;
  return same ? stampOf(now) : undefined;
}

class FolderSwept extends Error {}

async function createOwnFolder(path: string, nonce: string): Promise<{ folder: string; handle: FileHandle }> {
  const folder = `${lockPath(path)}-${nonce}`;
  try {
    await mkdir(folder, 0o700);
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
    const handle = await open(join(folder, nonce), flags, 0o600);
    return { folder, handle };
  } catch (error) {
    await removeNonceFile(join(folder, nonce));
    throw error;
  }
}

/** Moves our folder to the lock's place; false while a file of another holder is in the one there. */
async function enter(folder: string, path: string): Promise<boolean> {
  try {
    await rename(folder, lockPath(path));
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    if (code === 'ENOENT') throw new FolderSwept();
    if (code === 'ENOTDIR') {
      throw new StateError('state_locked', `${lockPath(path)} is not a folder`, { hint: 'remove it' });
    }
    throw error;
  }
}

/** Watches a holder's sign of life and removes its nonce, or an empty folder that a kill left, when there is none for long. */
class HolderWatch {
  readonly #lock: string;
  #seen = '';
  #quietMs = 0;
  #lookedAt = performance.now();

  constructor(lock: string) {
    this.#lock = lock;
  }

  async look(takeoverMs: number): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedAt < 50) return;
    const entries = await statEntries(this.#lock);
    const seen = JSON.stringify([...entries]);
    // Had this process been stopped itself, the pause must not count as the holder's silence.
    this.#quietMs = seen === this.#seen ? this.#quietMs + Math.min(now - this.#lookedAt, 500) : 0;
    this.#seen = seen;
    this.#lookedAt = now;
    if (this.#quietMs < takeoverMs) return;
    for (const name of entries.keys()) {
      if (noncePattern.test(name)) await unlink(join(this.#lock, name)).catch(() => {});
    }
    // Not every file system lets a folder be moved onto an empty one.
    await rmdir(this.#lock).catch(() => {});
  }
}

async function statEntries(lock: string): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  for (const name of (await readdir(lock).catch(() => [] as string[])).sort()) {
    const stat = await lstat(join(lock, name), { bigint: true }).catch(() => undefined);
    if (stat !== undefined) entries.set(name, `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`);
  }
  return entries;
}

/** Joins small chunks, so that a file is written in pieces of about a quarter of a megabyte. */
function* grouped(chunks: Iterable<Uint8Array>): Iterable<Uint8Array> {
  const wanted = 256 * 1024;
  let group: Uint8Array[] = [];
  let size = 0;
  for (const chunk of chunks) {
    group.push(chunk);
    size += chunk.byteLength;
    if (size < wanted) continue;
    yield Buffer.concat(group, size);
    group = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(group, size);
}
