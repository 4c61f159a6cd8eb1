import { renameSync } from 'node:fs';
import { extname } from 'node:path';
import { NotesError } from '../errors.js';
import type { Moved } from '../notes.js';
import { dropOldName, isOneFile, moveUnlessTaken } from './atomic-write.js';
import { type Bounds, type Place, withPlace } from './locate.js';
import { isMarkdownName, parsePath, quotePath } from './note-path.js';
import { readExpected, refuseOutsideChange } from './stored-file.js';
import { fileFailure, noteNotFound } from './system-failures.js';

const changing = { kind: 'any', done: 'written' } as const;

export type Renamed = Pick<Moved, 'kind' | 'from' | 'to'>;

/**
 * Moves or renames a note, an attachment or a folder to a name that nothing has, making the folders on the way; a target
 * that ends in `/`, or is a folder, is the folder to move into. Returns what `before` made of the plan at the last moment.
 * Throws NotesError, and nothing was moved.
 */
export function renameFile<T>(
  bounds: Bounds,
  fromPath: string,
  toPath: string,
  ifMatch: string | undefined,
  before: (planned: Renamed) => T,
): T {
  if (/[[\]|#^]/.test(toPath)) {
    throw new NotesError(
      'bad_path',
      `Nothing can be moved to ${quotePath(toPath)}: links cannot point to paths with [ ] | # ^. Choose a name without these characters.`,
    );
  }
  return withPlace(bounds, fromPath, changing, (source) => {
    const kind = kindOf(source);
    const expected = ifMatch === undefined || kind === 'folder' ? undefined : readExpected(source, ifMatch);
    const target = targetPath(bounds, source, toPath);
    refuseOtherKind(kind, source.path, target);
    if (kind === 'folder' && `${target}/`.startsWith(`${source.path}/`) && target !== source.path) {
      throw new NotesError('bad_path', `The folder ${quotePath(source.path)} cannot be moved into itself.`);
    }
    // Looked at before folders are made, so that a refusal leaves none behind.
    try {
      withPlace(bounds, target, changing, (place) => nameFor(source, place, target));
    } catch (error) {
      if (!(error instanceof NotesError && error.code === 'not_found')) throw error;
    }
    return withPlace(bounds, target, { ...changing, createFolders: true }, (place) => {
      const name = nameFor(source, place, target);
      const to = place.path.slice(0, place.path.length - place.name.length) + name;
      const prepared = before({ kind, from: source.path, to });
      if (expected !== undefined) refuseOutsideChange(source, expected);
      place.folder.confirm();
      const [oldName, newName] = [source.folder.at(source.name), place.folder.at(name)];
      try {
        if (place.stats !== undefined || kind === 'folder') renameSync(oldName, newName);
        else if (!moveUnlessTaken(oldName, newName)) throw taken(place);
      } catch (error) {
        throw fileFailure(error, source.path, 'written');
      }
      return prepared;
    });
  });
}

/** Ends a move of a file that was cut off when it had both names. Throws NotesError. */
export function finishRename(bounds: Bounds, fromPath: string, toPath: string): void {
  withPlace(bounds, fromPath, changing, (source) =>
    withPlace(bounds, toPath, changing, (target) => {
      const [oldName, newName] = [source.folder.at(source.name), target.folder.at(target.name)];
      // Where case does not count, two spellings are one name.
      const hasBoth = source.path !== target.path && source.stats?.isFile() && isOneFile(oldName, newName);
      if (hasBoth) dropOldName(oldName, newName);
    }),
  );
}

function kindOf(source: Place): Renamed['kind'] {
  if (source.stats === undefined) throw noteNotFound(source.path);
  if (source.stats.isDirectory()) return 'folder';
  if (!source.stats.isFile()) {
    throw new NotesError('not_text', `${quotePath(source.path)} is a special file, which cannot be moved.`);
  }
  return isMarkdownName(source.name) ? 'note' : 'attachment';
}

/** Where the move leads, as a path without `/` at its end. */
function targetPath(bounds: Bounds, source: Place, toPath: string): string {
  const parts = parsePath(toPath.endsWith('/') ? `${toPath}${source.name}` : toPath);
  const path = parts.join('/');
  if (toPath.endsWith('/') || path === source.path) return path;
  try {
    const isFolder = withPlace(
      bounds,
      path,
      changing,
      (place) => place.stats?.isDirectory() === true && place.path !== source.path,
    );
    return isFolder ? `${path}/${source.name}` : path;
  } catch (error) {
    if (error instanceof NotesError && error.code === 'not_found') return path;
    throw error;
  }
}

/** An image or canvas without its ending is none any more, and who leaves it out means a folder. */
function refuseOtherKind(kind: Renamed['kind'], from: string, target: string): void {
  const losesEnding = kind === 'attachment' && extname(target) === '' && extname(from) !== '';
  if (kind === 'folder' || (isMarkdownName(target) === (kind === 'note') && !losesEnding)) return;
  const ending = kind === 'note' ? '.md' : extname(from);
  const advice = `move ${quotePath(from)} to ${quotePath(`${target}${ending}`)}, or to a folder by a / at the end.`;
  throw new NotesError(
    'not_markdown',
    kind === 'note'
      ? `A note's path ends in .md: ${advice}`
      : losesEnding
        ? `A file keeps an ending: ${advice}`
        : `${quotePath(from)} is no note, so its new path cannot end in .md.`,
  );
}

/** The name to move to: the one asked for where only case or Unicode form change. Throws NotesError when it is taken. */
function nameFor(source: Place, place: Place, target: string): string {
  if (place.stats === undefined) return place.name;
  const name = (parsePath(target).at(-1) ?? place.name).normalize('NFC');
  const isSame = place.path === source.path;
  if (isSame && name !== source.name) return name;
  if (isSame) throw new NotesError('bad_argument', `${quotePath(source.path)} is already there.`);
  throw taken(place);
}

function taken(place: Place): NotesError {
  return new NotesError(
    'exists',
    `The path ${quotePath(place.path)} is already in use; nothing was moved. Choose another path, or delete the file there first.`,
  );
}
