import { lstatSync, renameSync } from 'node:fs';
import { sha256Hex } from '../../hash.js';
import { NotesError } from '../errors.js';
import { limits } from '../markdown/note.js';
import { keepOwner, moveUnlessTaken, stageFile } from './atomic-write.js';
import { type Bounds, type Place, withPlace } from './locate.js';
import { quotePath } from './note-path.js';
import { readExpected, refuseOutsideChange, type StoredFile, tooLarge } from './stored-file.js';
import { noteNotFound } from './system-failures.js';

export interface SavedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly hash: string;
  readonly created: boolean;
  /** False when it had these bytes already. */
  readonly changed: boolean;
}

export interface ChangeOptions {
  /** The hash that the file must have. */
  readonly ifMatch?: string | undefined;
  /** Make the file, and its folders, when it is not there. */
  readonly create?: boolean | undefined;
  /** Notes alone by default. */
  readonly kind?: 'note' | 'any';
}

/**
 * Replaces a file by what `change` makes of it, or leaves it as it was: its mode and owner stay, and it is compared with
 * what was read right before the rename. `change` gets undefined for a file that is not there. Throws NotesError;
 * `conflict` when the file is not, or no longer, as expected.
 */
export function changeFile(
  bounds: Bounds,
  path: string,
  options: ChangeOptions,
  change: (before: StoredFile | undefined) => Uint8Array,
): SavedFile {
  const located = { kind: options.kind ?? 'note', done: 'written' } as const;
  const use = (place: Place) => changePlace(place, options, change);
  try {
    return withPlace(bounds, path, located, use);
  } catch (error) {
    if (!(options.create && error instanceof NotesError && error.code === 'not_found')) throw error;
  }
  // Nothing is refused after this point, so that a refusal leaves no empty folders behind.
  if (options.ifMatch !== undefined) throw noteNotFound(path);
  change(undefined);
  return withPlace(bounds, path, { ...located, createFolders: true }, use);
}

/** Returns the bytes of a note. Throws NotesError `bad_argument` for text that cannot be stored, `too_large` beyond the limit. */
export function encodeNote(text: string, hasMark: boolean, path: string): Uint8Array {
  if (text.includes('\0') || /\p{Surrogate}/u.test(text)) {
    throw new NotesError(
      'bad_argument',
      `The text for ${quotePath(path)} has NUL or invalid characters. Nothing was changed. Send it as plain UTF-8 text.`,
    );
  }
  const bytes = Buffer.from(hasMark ? `\ufeff${text}` : text, 'utf8');
  if (bytes.byteLength > limits.noteBytes) throw tooLarge(path, bytes.byteLength);
  return bytes;
}

function changePlace(
  place: Place,
  options: ChangeOptions,
  change: (before: StoredFile | undefined) => Uint8Array,
): SavedFile {
  if (place.stats === undefined && (!options.create || options.ifMatch !== undefined)) throw noteNotFound(place.path);
  const before = place.stats === undefined ? undefined : readExpected(place, options.ifMatch);
  const bytes = change(before);
  const hash = sha256Hex(bytes);
  const saved = { path: place.path, bytes, hash, created: before === undefined, changed: hash !== before?.hash };
  if (!saved.changed) return saved;
  const like = before?.stats ?? lstatSync(place.folder.at('.'));
  const mode = before === undefined ? like.mode & 0o666 : like.mode & 0o7777;
  const path = place.folder.at(place.name);
  stageFile(path, bytes, mode, (staged) => {
    keepOwner(staged, like);
    refuseOutsideChange(place, before);
    place.folder.confirm();
    if (before !== undefined) {
      renameSync(staged, path);
      return;
    }
    // What has come there is refused, unless it has gone again.
    while (!moveUnlessTaken(staged, path)) refuseOutsideChange(place, before);
  });
  return saved;
}
