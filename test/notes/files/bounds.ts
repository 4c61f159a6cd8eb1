import { chooseHold, type HoldFolder } from '../../../src/notes/files/held-folder.js';
import type { Bounds } from '../../../src/notes/files/locate.js';
import { createVisibility } from '../../../src/notes/files/visibility.js';

/** What the worker confines itself to in a folder. */
export function boundsOf(root: string, hold: HoldFolder = chooseHold(root)): Bounds {
  return { root, hold, visibility: createVisibility([], false) };
}
