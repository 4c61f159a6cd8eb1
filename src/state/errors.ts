import { dirname } from 'node:path';
import { systemErrorCode, VaultMcpError } from '../errors.js';

export type StateErrorCode =
  /** No state file, or no folder for it. */
  | 'state_missing'
  /** The file cannot be read, is no JSON, or holds unsound records. */
  | 'state_unreadable'
  /** The file is of another version than the one this program writes. */
  | 'state_version'
  /** What stands there is no state file of ours, or somebody else could have put it there. */
  | 'state_foreign'
  /** Another process holds the lock. */
  | 'state_locked'
  /** The file cannot be replaced. */
  | 'state_unwritable'
  /** A damaged file cannot be replaced, for as many copies of such files are kept as may be. */
  | 'state_copies'
  /** The file was replaced, but the disk did not confirm it: the change may be gone after a power cut. */
  | 'state_unconfirmed';

/** A failure of the state file; commands map its code to their exit code. */
export class StateError extends VaultMcpError {
  declare readonly code: StateErrorCode;

  constructor(code: StateErrorCode, message: string, options: { cause?: unknown; hint?: string | undefined } = {}) {
    super(code, message, options);
  }
}

const hints: { readonly [code: string]: string } = {
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the quota is used up: free some space',
  EROFS: 'the file system is read-only; under systemd, name the folder in ReadWritePaths= or StateDirectory=',
  EBUSY: 'the file itself is a mount point: mount its folder instead of the file',
  EXDEV: 'the file itself is a mount point: mount its folder instead of the file',
  EACCES: 'file and folder must belong to the user that runs the server',
  EPERM:
    'if lsattr shows that the file is immutable or append-only, run chattr -i -a; otherwise it must belong to the user that runs the server',
  EISDIR: 'a folder has this path: move it away',
  EMFILE: 'too many open files: raise the limit (LimitNOFILE=)',
  ENOENT: 'the folder is gone: create it again',
};

/** Turns a failed write of `path` into a StateError with a hint; StateErrors pass. */
export function asWriteError(path: string, error: unknown): StateError {
  return asStateError('state_unwritable', `cannot save ${path}`, error);
}

/** Turns a failed read of `path` into a StateError with a hint; StateErrors pass. */
export function asReadError(path: string, error: unknown): StateError {
  return asStateError('state_unreadable', `cannot read ${path}`, error);
}

function asStateError(code: StateErrorCode, what: string, error: unknown): StateError {
  if (error instanceof StateError) return error;
  const hint = hints[systemErrorCode(error) ?? ''];
  return new StateError(code, `${what}: ${reasonOf(error)}`, { cause: error, hint });
}

/** Tells that a change of `path` was made, now or (`wasMade` false) before, although a sync failed with `error`. */
export function asUnconfirmed(path: string, error: unknown, wasMade: boolean): StateError {
  const what = wasMade ? `the change was made in ${path}` : `there was nothing to change in ${path}`;
  const message = `${what}, but the disk did not confirm it (${reasonOf(error)}): a power cut may undo it`;
  return new StateError('state_unconfirmed', message, {
    cause: error,
    hint: `check the disk, then run: sync ${dirname(path)}`,
  });
}

/** Says which file an error of its content is about. */
export function about(path: string, error: StateError): StateError {
  return new StateError(error.code, `cannot use ${path}: ${error.message}`, { cause: error, hint: error.hint });
}

function reasonOf(error: unknown): string {
  return systemErrorCode(error) ?? (error instanceof Error ? error.message : String(error));
}
