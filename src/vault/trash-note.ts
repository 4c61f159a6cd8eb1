import { systemErrorCode } from '../errors.js';
import type { HeldFolder } from './held-folder.js';
import { type Bounds, enterFolder, holdRoot, statEntry, withPlace } from './locate-note.js';
import { moveUnlessTaken } from './move-file.js';
import { readExpected, refuseOutsideChange } from './stored-note.js';
import { writeFailure } from './system-failures.js';

/** Where deleted notes go, in their folders; the editors use the same one. */
const trashFolder = '.trash';
const maxNameBytes = 255;

/** Moves a note into the vault's `.trash`, numbered when its name is taken there. Rejects with VaultError. */
export async function trashNote(
  bounds: Bounds,
  path: string,
  ifMatch: string | undefined,
): Promise<{ path: string; trashPath: string }> {
  try {
    return await withPlace(bounds, path, {}, async (source) => {
      const note = await readExpected(source, ifMatch);
      const folders = [trashFolder, ...source.path.split('/').slice(0, -1)];
      const trash = await enterAll(bounds, folders);
      try {
        for (;;) {
          const name = await freeName(trash, source.name);
          await refuseOutsideChange(source, note);
          await trash.confirm();
          const isMoved = await moveUnlessTaken(source.folder.at(source.name), trash.at(name)).then(
            () => true,
            unlessTaken,
          );
          if (isMoved) return { path: source.path, trashPath: [...folders, name].join('/') };
        }
      } finally {
        await trash.close();
      }
    });
  } catch (error) {
    throw writeFailure(error, path);
  }
}

function unlessTaken(error: unknown): false {
  if (systemErrorCode(error) === 'EEXIST') return false;
  throw error;
}

async function enterAll(bounds: Bounds, folders: readonly string[]): Promise<HeldFolder> {
  let folder = await holdRoot(bounds);
  for (const name of folders) {
    const outer = folder;
    try {
      folder = await enterFolder(outer, name);
    } finally {
      await outer.close();
    }
  }
  return folder;
}

async function freeName(folder: HeldFolder, name: string): Promise<string> {
  const stem = name.slice(0, -3);
  const extension = name.slice(-3);
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? extension : ` ${number}${extension}`;
    let kept = stem;
    while (Buffer.byteLength(kept + suffix) > maxNameBytes) kept = [...kept].slice(0, -1).join('');
    if ((await statEntry(folder, kept + suffix)) === undefined) return kept + suffix;
  }
}
