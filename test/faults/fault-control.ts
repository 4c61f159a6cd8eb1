import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../../test/faults/fault.c', import.meta.url));
const canPreload = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

/** The options of a test that needs the library. */
export const preloading = { skip: canPreload ? false : 'needs Linux and a C compiler' };

export const modes = { fail: 0, doneButFailed: 1, killBefore: 2, killAfter: 3, short: 4, delay: 5, ignore: 6 } as const;
export type Mode = keyof typeof modes;
export type ErrorCode = 'EIO' | 'ENOSPC' | 'EACCES' | 'ESTALE' | 'EMFILE' | 'EROFS' | 'EEXIST' | 'EPERM';

/** Kinds of calls, as bits of a mask. */
export const kinds = {
  open: 1 << 0,
  read: 1 << 2,
  rename: 1 << 3,
  link: 1 << 4,
  sync: 1 << 8,
  stat: 1 << 9,
  chmod: 1 << 11,
  chown: 1 << 12,
} as const;

export interface Fault {
  /** The call that it begins at, counted from now on. */
  readonly at: number;
  readonly mode: Mode;
  readonly error?: ErrorCode;
  readonly delayMs?: number;
  /** How many calls in a row; one unless told. */
  readonly times?: number;
  readonly mask?: number;
}

/** Steers fault.c in processes that are started with its `env`: makes calls on paths below `folder` go wrong. */
export class FaultControl {
  readonly env: Readonly<Record<string, string>>;
  readonly #fd: number;

  constructor(folder: string) {
    const path = join(mkdtempSync(join(tmpdir(), 'vault-mcp-faults-')), 'control');
    writeFileSync(path, Buffer.alloc(4_096));
    this.#fd = openSync(path, 'r+');
    this.env = { LD_PRELOAD: library(), FAULT_CTL: path, FAULT_DIR: folder };
  }

  set({ at, mode, error = 'EIO', delayMs, times = 1, mask = 0 }: Fault): void {
    this.clear();
    this.#put(2, delayMs ?? constants.errno[error]);
    this.#put(3, modes[mode]);
    this.#put(4, times);
    this.#put(6, mask);
    this.#put(1, 0);
    this.#put(0, at);
  }

  /** Ends the fault and counts from zero. */
  clear(): void {
    for (const field of [0, 5, 6, 1]) this.#put(field, 0);
  }

  /** How many calls there were since the fault was set or cleared. */
  get count(): number {
    return this.#get(1);
  }

  /** How many calls went wrong. */
  get fired(): number {
    return this.#get(5);
  }

  /** The last call that went wrong. */
  get last(): string {
    const bytes = Buffer.alloc(64);
    readSync(this.#fd, bytes, 0, 64, 56);
    return bytes.toString('latin1').replace(/\0.*$/s, '');
  }

  close(): void {
    closeSync(this.#fd);
  }

  #put(field: number, value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    writeSync(this.#fd, bytes, 0, 8, field * 8);
  }

  #get(field: number): number {
    const bytes = Buffer.alloc(8);
    readSync(this.#fd, bytes, 0, 8, field * 8);
    return Number(bytes.readBigInt64LE());
  }
}

/** Compiles the library, once for each version of its source. */
function library(): string {
  const version = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const path = join(tmpdir(), `vault-mcp-fault-${version}.so`);
  if (existsSync(path)) return path;
  const made = `${path}.${process.pid}`;
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', made, source, '-ldl']);
  if (status !== 0) throw new Error(String(stderr));
  renameSync(made, path);
  return path;
}
