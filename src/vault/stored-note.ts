import { constants, type Stats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { createFileAtomically, writeFileAtomically } from '../atomic-file.js';
import { systemErrorCode } from '../errors.js';
import { VaultError } from './errors.js';
import { keepOwner } from './keep-owner.js';
import { type Bounds, type Place, statEntry, withPlace } from './locate-note.js';
import { quotePath } from './note-path.js';
import { decodeNote, encodeNote, hashNote, maxNoteBytes, tooLarge } from './note-text.js';
import { leadsOutside, noteNotFound, readFailure, writeFailure } from './system-failures.js';

/** A note as it is on disk. */
export interface StoredNote {
  readonly path: string;
  /** Without its byte order mark. */
  readonly text: string;
  readonly hasMark: boolean;
  readonly hash: string;
  readonly stats: Stats;
}

/** Reads a note. Rejects with VaultError. */
export async function loadNote(bounds: Bounds, path: string): Promise<StoredNote> {
  try {
    return await withPlace(bounds, path, {}, readPlace);
  } catch (error) {
    throw readFailure(error, path);
  }
}

/** Reads the note at a place, never through a link and never waiting on a special file. Rejects with VaultError or a system error. */
export async function readPlace(place: Place): Promise<StoredNote> {
  if (place.stats === undefined) throw noteNotFound(place.path);
  refuseUnlessFile(place.stats, place.path);
  const handle = await open(
    place.folder.at(place.name),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  try {
    const stats = await handle.stat();
    refuseUnlessFile(stats, place.path);
    if (stats.size > maxNoteBytes) throw tooLarge(place.path, stats.size);
    const bytes = await handle.readFile();
    await place.folder.confirmOpened(place.name, handle);
    return { path: place.path, ...decodeNote(bytes, place.path), hash: hashNote(bytes), stats };
  } finally {
    await handle.close();
  }
}

/** Reads the note at a place and rejects with VaultError `conflict` unless it has the hash, if one is given. */
export async function readExpected(place: Place, ifMatch: string | undefined): Promise<StoredNote> {
  const note = await readPlace(place);
  if (ifMatch !== undefined && ifMatch.trim().toLowerCase() !== note.hash) throw changedSinceRead(note);
  return note;
}

export interface SavedNote {
  readonly path: string;
  readonly hash: string;
  readonly created: boolean;
}

export interface ChangeOptions {
  /** The hash that the note must have. */
  readonly ifMatch?: string | undefined;
  /** Make the note, and its folders, when it is not there. */
  readonly create?: boolean;
}

/**
 * Replaces a note by what `change` makes of it, or leaves it as it was: the file's mode, owner and byte order mark stay, and
 * it is compared with what was read right before the rename. `change` gets undefined for a note that is not there.
 * Rejects with VaultError; `conflict` when the note is not, or no longer, as expected.
 */
export async function changeNote(
  bounds: Bounds,
  path: string,
  options: ChangeOptions,
  change: (before: StoredNote | undefined) => string,
): Promise<SavedNote> {
  try {
    return await withPlace(bounds, path, {}, (place) => changePlace(place, options, change));
  } catch (error) {
    if (!(options.create && error instanceof VaultError && error.code === 'not_found')) throw writeFailure(error, path);
  }
  try {
    // Nothing is refused after this point, so that a refusal leaves no empty folders behind.
    if (options.ifMatch !== undefined) throw noteNotFound(path);
    encodeNote(change(undefined), false, path);
    return await withPlace(bounds, path, { createFolders: true }, (place) => changePlace(place, options, change));
  } catch (error) {
    throw writeFailure(error, path);
  }
}

async function changePlace(
  place: Place,
  options: ChangeOptions,
  change: (before: StoredNote | undefined) => string,
): Promise<SavedNote> {
  if (place.stats === undefined && (!options.create || options.ifMatch !== undefined)) throw noteNotFound(place.path);
  const before = place.stats === undefined ? undefined : await readExpected(place, options.ifMatch);
  const bytes = encodeNote(change(before), before?.hasMark ?? false, place.path);
  const saved = { path: place.path, hash: hashNote(bytes), created: before === undefined };
  if (saved.hash === before?.hash) return saved;
  const like = before?.stats ?? (await lstat(place.folder.at('.')));
  const path = place.folder.at(place.name);
  const beforePublishing = async (staged: string) => {
    await keepOwner(staged, like);
    await refuseOutsideChange(place, before);
    await place.folder.confirm();
  };
  if (before !== undefined) {
    await writeFileAtomically(path, bytes, like.mode & 0o7777, beforePublishing);
    return saved;
  }
  try {
    await createFileAtomically(path, bytes, like.mode & 0o666, beforePublishing);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') await refuseOutsideChange(place, before);
    throw error;
  }
  return saved;
}

/** Rejects with VaultError `conflict` when another program changed, removed or made the note since it was read. */
export async function refuseOutsideChange(place: Place, before: StoredNote | undefined): Promise<void> {
  const stats = await statEntry(place.folder, place.name);
  if (stats === undefined && before === undefined) return;
  const now = stats === undefined ? undefined : await readPlace({ ...place, stats });
  if (now !== undefined && now.hash === before?.hash) return;
  throw now === undefined
    ? new VaultError(
        'conflict',
        `${quotePath(place.path)} was removed by another program meanwhile. Nothing was changed.`,
      )
    : changedSinceRead(now);
}

/** The refusal of a change to a note whose hash is not the one that was read. */
function changedSinceRead(now: StoredNote): VaultError {
  return new VaultError(
    'conflict',
    `${quotePath(now.path)} has changed since it was read: its hash is now ${now.hash}. Nothing was changed. Read it again, then repeat your change on what it says now.`,
  );
}

function refuseUnlessFile(stats: Stats, path: string): void {
  // Links were resolved on the way: this one was put there meanwhile.
  if (stats.isSymbolicLink()) throw leadsOutside(path);
  if (stats.isDirectory()) {
    throw new VaultError('not_markdown', `${quotePath(path)} is a folder, not a note: give the path of a note in it.`);
  }
  if (!stats.isFile()) {
    throw new VaultError('not_text', `${quotePath(path)} is a special file (a pipe, socket or device), not a note.`);
  }
}
