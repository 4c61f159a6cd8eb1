import { realpathSync } from 'node:fs';
import { chooseHold } from './files/held-folder.js';
import { isMarkdownName } from './files/note-path.js';
import { createVisibility } from './files/visibility.js';
import { walkVault } from './files/walk-vault.js';

/** Returns how many notes a folder lists. Throws NotesError or Node's system errors. */
export function countNotes(path: string, ignore: readonly string[], listUnderscore: boolean): number {
  const root = realpathSync(path);
  const bounds = { root, hold: chooseHold(root), visibility: createVisibility(ignore, listUnderscore) };
  let count = 0;
  for (const files of walkVault(bounds, () => {})) {
    count += files.filter((file) => file.isListed && isMarkdownName(file.path)).length;
  }
  return count;
}
