import { realpathSync } from 'node:fs';
import { boundsOf } from './files/locate.js';
import { isMarkdownName } from './files/note-path.js';
import { walkVault } from './files/walk-vault.js';

/** Returns how many notes a folder lists. Throws NotesError or Node's system errors. */
export function countNotes(path: string, ignore: readonly string[], listUnderscore: boolean): number {
  const bounds = boundsOf(realpathSync(path), ignore, listUnderscore);
  let count = 0;
  for (const files of walkVault(bounds, () => {})) {
    count += files.filter((file) => file.isListed && isMarkdownName(file.path)).length;
  }
  return count;
}
