import type { Stats } from 'node:fs';
import { sha256Hex } from '../../hash.js';
import { NotesError } from '../errors.js';
import { type Bounds, type Place, withPlace } from '../files/locate.js';
import { quotePath } from '../files/note-path.js';
import { readBytes, type StoredFile, stampOf, withOpenFile } from '../files/stored-file.js';
import { readFailure } from '../files/system-failures.js';
import { limits, type ParsedNote } from '../markdown/note.js';
import { decodeText } from '../markdown/note-text.js';
import { readNote } from '../markdown/read-note.js';
import type { BlackBox, FileVersion } from './black-box.js';

export interface LoadedNote {
  readonly path: string;
  readonly hash: string;
  readonly stats: Stats;
  /** Empty while it cannot be told. */
  readonly stamp: string;
  readonly note: ParsedNote;
}

const keptNotes = 100;
const keptCharacters = 4_000_000;

/** Reads and parses notes; what was read lately is read again only when the file has changed. */
export class NoteSource {
  readonly #bounds: Bounds;
  readonly #blackBox: BlackBox;
  readonly #tooSlow: ReadonlyMap<string, string>;
  readonly #kept = new Map<string, LoadedNote>();
  #keptCharacters = 0;
  /** A change parses what it writes, and the catalogue takes in the same bytes. */
  #last: { readonly hash: string; readonly note: ParsedNote } | undefined;

  constructor(bounds: Bounds, blackBox: BlackBox, tooSlow: readonly FileVersion[]) {
    this.#bounds = bounds;
    this.#blackBox = blackBox;
    this.#tooSlow = new Map(tooSlow.map(({ path, version }) => [path, version]));
  }

  /** Reads a note as it is now. Throws NotesError. */
  load(path: string): LoadedNote {
    try {
      return withPlace(this.#bounds, path, {}, (place) => this.loadPlace(place));
    } catch (error) {
      throw readFailure(error, path);
    }
  }

  /** Returns a note's text as it is now, which needs no parsing; undefined when it cannot be read. */
  text(path: string): string | undefined {
    try {
      return withPlace(this.#bounds, path, {}, (place) =>
        withOpenFile(place, (descriptor, stats) => {
          const kept = this.#kept.get(place.path);
          if (kept?.stamp === stampOf(stats, Date.now()) && kept.stats.ino === stats.ino) return kept.note.text;
          return decodeText(readBytes(descriptor, stats, place.path, limits.noteBytes))?.text;
        }),
      );
    } catch {
      return undefined;
    }
  }

  /** Throws NotesError or a system error. */
  loadPlace(place: Place): LoadedNote {
    return withOpenFile(place, (descriptor, stats) => {
      const stamp = stampOf(stats, Date.now());
      const kept = this.#kept.get(place.path);
      if (kept !== undefined && stamp !== '' && kept.stamp === stamp && kept.stats.ino === stats.ino) {
        this.#kept.delete(place.path);
        this.#kept.set(place.path, kept);
        this.#blackBox.enterFile(place.path, `${stats.size} ${stats.mtimeMs}`);
        return kept;
      }
      this.#forget(place.path);
      const bytes = readBytes(descriptor, stats, place.path, limits.noteBytes);
      const hash = sha256Hex(bytes);
      const note = this.parse({ path: place.path, bytes, hash, stats });
      const loaded = { path: place.path, hash, stats, stamp, note };
      this.#keep(loaded);
      return loaded;
    });
  }

  /** Parses what was read, or is to be written. Throws NotesError `not_text`, or `too_slow` for what an earlier worker died of. */
  parse({ path, bytes, hash, stats }: StoredFile | (Omit<StoredFile, 'stats'> & { stats?: undefined })): ParsedNote {
    const version = stats === undefined ? '' : `${stats.size} ${stats.mtimeMs}`;
    if (version !== '' && this.#tooSlow.get(path) === version) throw tooSlow(path);
    // The file is at fault for whatever is done with it until the next, or the end of the call.
    this.#blackBox.enterFile(path, version);
    const note = this.#last?.hash === hash ? this.#last.note : readNote(bytes);
    this.#last = { hash, note };
    if (note.problem?.code === 'not_text' || note.problem?.code === 'too_large') {
      throw new NotesError(
        note.problem.code,
        note.problem.code === 'not_text'
          ? `${quotePath(path)} is not UTF-8 text, so it cannot be used as a note. If it should be one, save it as UTF-8 in an editor.`
          : note.problem.message,
      );
    }
    return note;
  }

  #keep(loaded: LoadedNote): void {
    const characters = loaded.note.text.length;
    if (loaded.stamp === '' || characters > keptCharacters / 4) return;
    this.#kept.set(loaded.path, loaded);
    this.#keptCharacters += characters;
    for (const path of this.#kept.keys()) {
      if (this.#kept.size <= keptNotes && this.#keptCharacters <= keptCharacters) break;
      this.#forget(path);
    }
  }

  #forget(path: string): void {
    this.#keptCharacters -= this.#kept.get(path)?.note.text.length ?? 0;
    this.#kept.delete(path);
  }
}

function tooSlow(path: string): NotesError {
  return new NotesError(
    'too_slow',
    `${quotePath(path)} took too long to read, or ended the reader, and is left out until it changes.`,
  );
}
