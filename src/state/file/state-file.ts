import { type BigIntStats, constants, stat } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemErrorCode } from '../../errors.js';
import { StateError } from '../errors.js';
import { type Stamp, stampOf } from './stamp.js';

export interface Content {
  readonly bytes: Buffer;
  /** The permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedMs: number;
}

/** `same`: the content last taken or written; `seen`: found before, and not taken; `irregular`: a folder, a FIFO, a device. */
export type Look = 'same' | 'seen' | 'missing' | 'irregular' | { readonly content: Content; readonly stamp: Stamp };

const mostReads = 3;

/** A state file's path, and the content last taken from it or written to it, which stays open so that its inode is not reused. */
export class StateFile {
  readonly #named: string | undefined;
  #path: string;
  #handle: FileHandle | undefined;
  #stamp: Stamp | undefined;
  #coming: BigIntStats | undefined;
  /** What a look found that did not take it. */
  #peeked: Stamp | undefined;

  /** `path` is the file itself. `named` is the given path; its links are resolved again at each check. */
  constructor(path: string, named?: string) {
    this.#path = path;
    this.#named = named;
  }

  /** Where the last look found it, or its absence. */
  get path(): string {
    return this.#path;
  }

  /**
   * Looks at what is there now; rejects with Node's system errors, follows no link. `take` makes what was found the
   * content that later looks are compared with.
   */
  async look(take: boolean): Promise<Look> {
    try {
      const path = this.#named === undefined ? this.#path : await resolveStatePath(this.#named);
      if (take) this.#path = path;
      const stat = await lstat(path, { bigint: true });
      if (this.#isKnown(stat)) return 'same';
      if (!take && stampOf(stat) === this.#peeked) return 'seen';
      if (!stat.isFile()) {
        if (take) await this.forget();
        return 'irregular';
      }
      return await this.#read(path, take);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      if (take) await this.forget();
      return 'missing';
    }
  }

  /** True while the path leads to the content last taken, or written; one call. Rejects with Node's system errors. */
  isSame(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      stat(this.#named ?? this.#path, { bigint: true }, (error, found) => {
        if (error === null) resolve(this.#isKnown(found));
        else reject(error);
      });
    });
  }

  /** Tells what a commit is about to put in place, which nobody need read; undefined when that failed. */
  expect(written: BigIntStats | undefined): void {
    this.#coming = written;
  }

  /**
   * Takes group's and others' permissions on the file away; returns the permission bits that are left, which the file
   * system may not let go. Never rejects.
   */
  async tighten(mode: number): Promise<number> {
    const handle = this.#handle;
    if (handle === undefined) return mode;
    try {
      const before = await handle.stat({ bigint: true });
      await handle.chmod(0o600);
      const after = await handle.stat({ bigint: true });
      const isSame = before.mtimeNs === after.mtimeNs && before.size === after.size;
      if (isSame && this.#stamp === stampOf(before)) this.#stamp = stampOf(after);
      return Number(after.mode) & 0o777;
    } catch {
      return mode;
    }
  }

  /** Makes the content and its name durable; rejects with Node's system errors. */
  async sync(): Promise<void> {
    await this.#handle?.sync();
    await syncFolder(dirname(this.#path));
  }

  /** Takes over the file that a commit put in place. */
  async replaced(handle: FileHandle, stamp: Stamp | undefined): Promise<void> {
    await this.#replaceHandle(handle, stamp);
  }

  /** Makes the next look a full one. */
  async forget(): Promise<void> {
    await this.#replaceHandle(undefined, undefined);
  }

  async #replaceHandle(handle: FileHandle | undefined, stamp: Stamp | undefined): Promise<void> {
    const old = this.#handle;
    this.#handle = handle;
    this.#stamp = stamp;
    this.#coming = undefined;
    await old?.close().catch(() => {});
  }

  #isKnown(found: BigIntStats): boolean {
    if (this.#stamp !== undefined && stampOf(found) === this.#stamp) return true;
    const coming = this.#coming;
    // The rename that puts it in place changes ctime.
    return (
      found.ino === coming?.ino &&
      found.dev === coming.dev &&
      found.size === coming.size &&
      found.mtimeNs === coming.mtimeNs
    );
  }

  async #read(path: string, take: boolean): Promise<Look> {
    // A FIFO that was put in the file's place just now must not hang us.
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    let isKept = false;
    try {
      for (let reads = 1; ; reads += 1) {
        const before = await handle.stat({ bigint: true });
        if (!before.isFile()) return 'irregular';
        const bytes = await readFrom(handle, Number(before.size));
        const after = await handle.stat({ bigint: true });
        if (stampOf(before) !== stampOf(after) && reads < mostReads) continue;
        isKept = take;
        if (take) await this.#replaceHandle(handle, stampOf(before));
        else this.#peeked = stampOf(before);
        return { content: contentOf(bytes, after), stamp: stampOf(before) };
      }
    } finally {
      if (!isKept) await handle.close().catch(() => {});
    }
  }
}

function contentOf(bytes: Buffer, { mode, uid, gid, mtimeMs }: BigIntStats): Content {
  return {
    bytes,
    mode: Number(mode) & 0o777,
    uid: Number(uid),
    gid: Number(gid),
    modifiedMs: Number(mtimeMs),
  };
}

/** Reads from the start, whatever the handle's position is; a file that grows is read to its end. */
async function readFrom(handle: FileHandle, size: number): Promise<Buffer> {
  let bytes = Buffer.allocUnsafe(size + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) return bytes.subarray(0, length);
    length += bytesRead;
    if (length === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(bytes.length)]);
  }
}

/** Makes a rename in `folder` durable; file systems that cannot sync a folder need not. Rejects with Node's system errors. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } catch (error) {
    if (systemErrorCode(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close().catch(() => {});
  }
}

/** Follows the links of a state path: lock and writes then sit beside the real file. Rejects with ENOENT when its folder is missing. */
export async function resolveStatePath(path: string): Promise<string> {
  let current = resolve(path);
  for (let links = 0; links < 40; links += 1) {
    const folder = await realpath(dirname(current));
    const file = join(folder, basename(current));
    const target = await readlink(file).catch((error: unknown) => {
      // EINVAL: it is no link.
      if (['EINVAL', 'ENOENT', 'UNKNOWN'].includes(systemErrorCode(error) ?? '')) return undefined;
      throw error;
    });
    if (target === undefined) return file;
    current = resolve(folder, target);
  }
  throw new StateError('state_unreadable', `${path} leads through too many links`);
}
