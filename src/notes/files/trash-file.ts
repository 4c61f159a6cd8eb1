import { extname } from 'node:path';
import { moveUnlessTaken } from './atomic-write.js';
import type { HeldFolder } from './held-folder.js';
import { type Bounds, enterFolder, holdRoot, statEntry, withPlace } from './locate.js';
import { readExpected, refuseOutsideChange, refuseUnlessFile } from './stored-file.js';

/** Where deleted files go, in their folders; the editors use the same one. */
const trashFolder = '.trash';
const maxNameBytes = 255;

/** Moves a note or attachment into the vault's `.trash`, numbered when its name is taken there. Throws NotesError. */
export function trashFile(
  bounds: Bounds,
  path: string,
  ifMatch: string | undefined,
): { path: string; trashPath: string } {
  return withPlace(bounds, path, { kind: 'any', done: 'written' }, (source) => {
    refuseUnlessFile(source.stats, source.path);
    const expected = ifMatch === undefined ? undefined : readExpected(source, ifMatch);
    const folders = [trashFolder, ...source.path.split('/').slice(0, -1)];
    const trash = enterAll(bounds, folders);
    try {
      for (;;) {
        const name = freeName(trash, source.name);
        if (expected !== undefined) refuseOutsideChange(source, expected);
        trash.confirm();
        if (moveUnlessTaken(source.folder.at(source.name), trash.at(name))) {
          return { path: source.path, trashPath: [...folders, name].join('/') };
        }
      }
    } finally {
      trash.close();
    }
  });
}

function enterAll(bounds: Bounds, folders: readonly string[]): HeldFolder {
  let folder = holdRoot(bounds);
  for (const name of folders) {
    const outer = folder;
    try {
      folder = enterFolder(outer, name);
    } finally {
      outer.close();
    }
  }
  return folder;
}

function freeName(folder: HeldFolder, name: string): string {
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? extension : ` ${number}${extension}`;
    let kept = stem;
    while (Buffer.byteLength(kept + suffix) > maxNameBytes) kept = [...kept].slice(0, -1).join('');
    if (statEntry(folder, kept + suffix) === undefined) return kept + suffix;
  }
}
