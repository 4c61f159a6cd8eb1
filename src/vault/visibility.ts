import picomatch from 'picomatch';
import { VaultError } from './errors.js';
import { isHiddenName } from './note-path.js';

/** Tells whether a file or folder, as parts relative to the vault, is open to clients. */
export type Visibility = (parts: readonly string[]) => boolean;

/**
 * Returns the test of what is open: no hidden or `_` part, and neither the path nor a folder above it matched by a glob
 * of `ignore`. A glob without `/` is matched against each name, one with `/` from the top of the vault; case and Unicode
 * form do not count, since file systems differ on them. Throws VaultError `bad_argument` on an empty glob.
 */
export function createVisibility(ignore: readonly string[]): Visibility {
  const matchers = ignore.map(compileGlob);
  return (parts) => {
    if (parts.some((part) => isHiddenName(part) || part.includes('\\'))) return false;
    if (matchers.length === 0) return true;
    const names = parts.map((part) => part.normalize('NFC'));
    return !names.some((_, index) => {
      const path = names.slice(0, index + 1).join('/');
      return matchers.some((matches) => matches(path));
    });
  };
}

function compileGlob(glob: string): (path: string) => boolean {
  const pattern = glob.trim().normalize('NFC').replace(/\/+$/, '');
  const fromTop = pattern.replace(/^\/+/, '');
  if (fromTop === '') {
    throw new VaultError('bad_argument', `The ignore pattern ${JSON.stringify(glob)} is empty.`, {
      hint: 'give globs such as Private, Journal/** or *.draft.md',
    });
  }
  return picomatch(fromTop, { basename: !pattern.includes('/'), dot: true, nocase: true });
}
