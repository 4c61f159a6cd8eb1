import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { sha256Hex } from '../../hash.js';
import { NotesError } from '../errors.js';
import { limits } from '../markdown/note.js';
import { type Place, statEntry } from './locate.js';
import { quotePath } from './note-path.js';
import { leadsOutside, noteNotFound } from './system-failures.js';

/** A file as it is on disk. */
export interface StoredFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly hash: string;
  readonly stats: Stats;
}

/** A file changed this shortly before it was looked at may change again within the same tick of its clock. */
const clockTickMs = 2000;

/** Identifies the version of a file that was read; empty while it is not known. */
export function stampOf(stats: Stats, nowMs: number): string {
  const { size, mtimeMs, ctimeMs } = stats;
  return nowMs - Math.max(mtimeMs, ctimeMs) < clockTickMs ? '' : `${size} ${mtimeMs} ${ctimeMs}`;
}

/**
 * Reads the file at a place to its end, as it may have grown since it was looked at; never through a link, and never waiting
 * on a special file. Throws NotesError or a system error.
 */
export function readPlace(place: Place): StoredFile {
  const { path, folder, name } = place;
  refuseUnlessFile(place.stats, path);
  const descriptor = openSync(folder.at(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    refuseUnlessFile(stats, path);
    const bytes = readToEnd(descriptor, stats.size, path);
    folder.confirmOpened(name, descriptor);
    return { path, bytes, hash: sha256Hex(bytes), stats };
  } finally {
    closeSync(descriptor);
  }
}

function readToEnd(descriptor: number, sizeBytes: number, path: string): Uint8Array {
  const most = limits.noteBytes;
  let buffer = Buffer.allocUnsafeSlow(Math.min(sizeBytes, most) + 1);
  for (let length = 0; ; ) {
    if (sizeBytes > most || length > most) throw tooLarge(path, Math.max(sizeBytes, length));
    const count = readSync(descriptor, buffer, length, buffer.byteLength - length, length);
    length += count;
    if (count === 0) return buffer.subarray(0, length);
    if (length === buffer.byteLength) buffer = Buffer.concat([buffer], Math.min(length * 2, most + 1));
  }
}

/** Reads the file at a place and throws NotesError `conflict` unless it has the hash, if one is given. */
export function readExpected(place: Place, ifMatch: string | undefined): StoredFile {
  const file = readPlace(place);
  if (ifMatch !== undefined && ifMatch.trim().toLowerCase() !== file.hash) throw changedSinceRead(file);
  return file;
}

/** Throws NotesError `conflict` when another program changed, removed or made the file since it was read. */
export function refuseOutsideChange(place: Place, before: StoredFile | undefined): void {
  const stats = statEntry(place.folder, place.name);
  if (stats === undefined && before === undefined) return;
  const now = stats === undefined ? undefined : readPlace({ ...place, stats });
  if (now !== undefined && now.hash === before?.hash) return;
  throw now === undefined
    ? new NotesError(
        'conflict',
        `${quotePath(place.path)} was removed by another program meanwhile. Nothing was changed.`,
      )
    : changedSinceRead(now);
}

/** The refusal of a file beyond the limit. */
export function tooLarge(path: string, sizeBytes: number): NotesError {
  return new NotesError(
    'too_large',
    `${quotePath(path)} is too large: it has ${sizeBytes} bytes, and the limit is ${limits.noteBytes}. Split it into smaller files.`,
  );
}

/** The refusal of a change to a file whose hash is not the one that was read. */
function changedSinceRead(now: StoredFile): NotesError {
  return new NotesError(
    'conflict',
    `${quotePath(now.path)} has changed since it was read: its hash is now ${now.hash}. Nothing was changed. Read it again, then repeat your change on the new text.`,
  );
}

/** Throws NotesError unless there is a file, and no link, folder or special file. */
export function refuseUnlessFile(stats: Stats | undefined, path: string): void {
  if (stats === undefined) throw noteNotFound(path);
  // Links were resolved on the way: this one was put there meanwhile.
  if (stats.isSymbolicLink()) throw leadsOutside(path);
  if (stats.isDirectory()) {
    throw new NotesError(
      'not_markdown',
      `${quotePath(path)} is a folder, not a file: list what is in it, and give the path of a file.`,
    );
  }
  if (!stats.isFile()) {
    throw new NotesError('not_text', `${quotePath(path)} is a special file (a pipe, socket or device), not a note.`);
  }
}
