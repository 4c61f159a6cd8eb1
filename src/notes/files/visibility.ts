import picomatch from 'picomatch';
import { NotesError } from '../errors.js';

/** Decides which files of the vault clients can see; paths are parts relative to the vault. */
export interface Visibility {
  /** Can be read and written by its path. */
  isOpen(parts: readonly string[]): boolean;
  /** Is listed and searched too. */
  isListed(parts: readonly string[]): boolean;
}

/**
 * Returns the tests of what is open (no part begins with `.`, and neither the path nor a folder above it is matched by a
 * glob of `ignore`) and of what is listed (and no part begins with `_` by default). A glob without `/` is matched against
 * each name, one with `/` from the top of the vault; case and Unicode form do not count, since file systems differ on them.
 * Throws NotesError `bad_argument` on an empty glob.
 */
export function createVisibility(ignore: readonly string[], listUnderscore: boolean): Visibility {
  const matchers = ignore.map(compileGlob);
  const isOpen = (parts: readonly string[]) => {
    if (parts.some((part) => part.startsWith('.') || part.includes('\\'))) return false;
    if (matchers.length === 0) return true;
    const names = parts.map((part) => part.normalize('NFC'));
    return !names.some((_, index) => {
      const path = names.slice(0, index + 1).join('/');
      return matchers.some((matches) => matches(path));
    });
  };
  return {
    isOpen,
    isListed: (parts) => isOpen(parts) && (listUnderscore || !parts.some((part) => part.startsWith('_'))),
  };
}

function compileGlob(glob: string): (path: string) => boolean {
  const pattern = glob.trim().normalize('NFC').replace(/\/+$/, '');
  const fromTop = pattern.replace(/^\/+/, '');
  if (fromTop === '') {
    throw new NotesError('bad_argument', `The ignore pattern ${JSON.stringify(glob)} is empty.`, {
      hint: 'give globs such as Private, Journal/** or *.draft.md',
    });
  }
  return picomatch(fromTop, { basename: !pattern.includes('/'), dot: true, nocase: true });
}
