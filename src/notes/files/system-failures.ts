import { systemErrorCode } from '../../errors.js';
import { NotesError } from '../errors.js';
import { isMarkdownName, quotePath } from './note-path.js';

/** Returns the NotesError for what the file system (or a nested operation) answered when `path` was to be read or written. */
export function fileFailure(error: unknown, path: string, done: 'read' | 'written' = 'read'): unknown {
  const systemCode = systemErrorCode(error);
  if (error instanceof NotesError || systemCode === undefined) return error;
  const options = { cause: error };
  switch (systemCode) {
    case 'ENOENT':
    case 'ENOTDIR':
      return noteNotFound(path, options);
    case 'ELOOP':
    case 'EMLINK':
      return leadsOutside(path, options);
    case 'ENAMETOOLONG':
      return new NotesError(
        'bad_path',
        `The path ${quotePath(path)} is too long for the disk: use shorter names.`,
        options,
      );
    default: {
      const message = `${quotePath(path)} cannot be ${done}: ${reasons[systemCode] ?? systemCode}. Nothing was changed.`;
      return new NotesError(done === 'read' ? 'unreadable' : 'unwritable', message, options);
    }
  }
}

/** The refusal of a path that leads to no file. */
export function noteNotFound(path: string, options: { cause?: unknown } = {}): NotesError {
  return new NotesError(
    'not_found',
    `There is no ${isMarkdownName(path) ? 'note' : 'file'} ${quotePath(path)}.`,
    options,
  );
}

/** The refusal of a symbolic link that leads out of the vault, or nowhere. */
export function leadsOutside(path: string, options: { cause?: unknown } = {}): NotesError {
  return new NotesError(
    'outside_vault',
    `The path ${quotePath(path)} leads out of the vault through a symbolic link. Only notes inside the vault can be used.`,
    options,
  );
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'the server has no permission (EACCES)',
  EPERM: 'the server has no permission (EPERM)',
  EEXIST: 'something of that name was made at the same moment (EEXIST), try again',
  ENOTEMPTY: 'something of that name was made at the same moment (ENOTEMPTY), try again',
  EROFS: 'the disk is mounted read-only (EROFS)',
  ENOSPC: 'the disk is full (ENOSPC)',
  EDQUOT: 'the disk quota is used up (EDQUOT)',
  EMFILE: 'too many files are open just now (EMFILE), try again',
  ENFILE: 'too many files are open just now (ENFILE), try again',
  EIO: 'the disk reports an error (EIO)',
  EXDEV: 'the two folders lie on different disks (EXDEV)',
};
