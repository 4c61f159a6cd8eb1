import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemErrorCode } from '../../errors.js';
import { StateError } from '../errors.js';
import { type Stamp, stampOf } from './stamp.js';

export interface Content {
  readonly bytes: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedMs: number;
}

const mostReads = 3;

/** A state file's path and the last content read from or written to it, which stays open so that its inode is not reused. */
export class StateFile {
  readonly path: string;
  #handle: FileHandle | undefined;
  #stamp: Stamp | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** What the last read or write left, for telling whether the file stays as it is. */
  get stamp(): Stamp | undefined {
    return this.#stamp;
  }

  /**
   * Returns the content, `same` when it is the one last read or written, or `missing`. Rejects with Node's system errors
   * and StateError `state_unreadable`; follows no link. `tighten` takes group's and others' permissions away.
   */
  async read(tighten = false): Promise<Content | 'same' | 'missing'> {
    try {
      const stat = await lstat(this.path, { bigint: true });
      if (this.#stamp !== undefined && stampOf(stat) === this.#stamp) return 'same';
      return await this.#readNew(tighten);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      await this.forget();
      return 'missing';
    }
  }

  /** Takes over the file that a commit put in place. */
  async replaced(handle: FileHandle, stamp: Stamp | undefined): Promise<void> {
    await this.#keep(handle, stamp);
  }

  /** Makes the next read a full one. */
  async forget(): Promise<void> {
    await this.#keep(undefined, undefined);
  }

  async #keep(handle: FileHandle | undefined, stamp: Stamp | undefined): Promise<void> {
    const old = this.#handle;
    this.#handle = handle;
    this.#stamp = stamp;
    await old?.close().catch(() => {});
  }

  async #readNew(tighten: boolean): Promise<Content> {
    // A FIFO in the file's place must not hang us.
    const handle = await open(this.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { mode } = await handle.stat();
      if (tighten && (mode & 0o077) !== 0) await handle.chmod(0o600).catch(() => {});
      for (let reads = 1; ; reads += 1) {
        const before = await handle.stat({ bigint: true });
        if (before.isDirectory()) throw Object.assign(new Error('a folder is in its place'), { code: 'EISDIR' });
        if (!before.isFile()) throw new StateError('state_unreadable', `${this.path} is not a regular file`);
        const bytes = await readFrom(handle, Number(before.size));
        const after = await handle.stat({ bigint: true });
        if (stampOf(before) !== stampOf(after) && reads < mostReads) continue;
        await this.#keep(handle, stampOf(before));
        const { uid, gid, mtimeMs } = after;
        return { bytes, mode: mode & 0o777, uid: Number(uid), gid: Number(gid), modifiedMs: Number(mtimeMs) };
      }
    } catch (error) {
      if (this.#handle !== handle) await handle.close().catch(() => {});
      throw error;
    }
  }
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

/** Follows the links of a state path once: lock and writes then sit beside the real file. Its folder must exist. */
export async function resolveStatePath(path: string): Promise<string> {
  let current = resolve(path);
  for (let links = 0; links < 40; links += 1) {
    const folder = await realpath(dirname(current));
    const file = join(folder, basename(current));
    const stat = await lstat(file).catch((error: unknown) => {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (!stat?.isSymbolicLink()) return file;
    current = resolve(folder, await readlink(file));
  }
  throw new StateError('state_unreadable', `${path} leads through too many links`);
}
