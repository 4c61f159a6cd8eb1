import type { Stats } from 'node:fs';
import { NotesError } from '../errors.js';
import { type Bounds, type Place, withPlace } from '../files/locate.js';
import { quotePath } from '../files/note-path.js';
import { readPlace, type StoredFile, stampOf } from '../files/stored-file.js';
import type { ParsedNote } from '../markdown/note.js';
import { decodeText } from '../markdown/note-text.js';
import { readNote } from '../markdown/read-note.js';
import type { SharedProgress } from './progress.js';

export interface LoadedNote {
  readonly path: string;
  readonly hash: string;
  readonly stats: Stats;
  /** Empty while it is not known. */
  readonly stamp: string;
  readonly note: ParsedNote;
}

const keptNotes = 100;
const keptCharacters = 4_000_000;

/** Reads and parses notes; what was read lately is read again only when the file has changed. */
export class NoteSource {
  readonly #bounds: Bounds;
  readonly #progress: SharedProgress;
  readonly #tooSlow: ReadonlyMap<string, string>;
  readonly #kept = new Map<string, LoadedNote>();
  #keptCharacters = 0;
  /** A change parses what it writes, and the catalogue takes in the same bytes. */
  #last: { readonly hash: string; readonly note: ParsedNote } | undefined;

  /** `tooSlow` has the versions of files, by path, that earlier workers died of. */
  constructor(bounds: Bounds, progress: SharedProgress, tooSlow: ReadonlyMap<string, string>) {
    this.#bounds = bounds;
    this.#progress = progress;
    this.#tooSlow = tooSlow;
  }

  /** Reads a note as it is now. Throws NotesError. */
  load(path: string): LoadedNote {
    return withPlace(this.#bounds, path, {}, (place) => this.#loadPlace(place));
  }

  /** Returns a note's text as it is now, which needs no parsing; undefined when it cannot be read. */
  text(path: string): string | undefined {
    try {
      return withPlace(this.#bounds, path, {}, (place) => {
        return this.#keptAt(place)?.note.text ?? decodeText(readPlace(place).bytes)?.text;
      });
    } catch {
      return undefined;
    }
  }

  #loadPlace(place: Place): LoadedNote {
    const kept = this.#keptAt(place);
    this.#forget(place.path);
    if (kept !== undefined) {
      this.#progress.enterFile(place.path, `${kept.stats.size} ${kept.stats.mtimeMs}`);
      return this.#keep(kept);
    }
    const file = readPlace(place);
    const { path, hash, stats } = file;
    return this.#keep({ path, hash, stats, stamp: stampOf(stats, Date.now()), note: this.parse(file) });
  }

  #keptAt({ path, stats }: Place): LoadedNote | undefined {
    const kept = this.#kept.get(path);
    const isSame = stats !== undefined && kept?.stamp === stampOf(stats, Date.now()) && kept.stats.ino === stats.ino;
    return isSame ? kept : undefined;
  }

  /**
   * The file is at fault for whatever is done with it until the next, or the end of the call. Throws NotesError `too_slow` for
   * what an earlier worker died of.
   */
  enter(path: string, stats: Stats | undefined): void {
    const version = stats === undefined ? '' : `${stats.size} ${stats.mtimeMs}`;
    if (version !== '' && this.#tooSlow.get(path) === version) {
      throw new NotesError(
        'too_slow',
        `${quotePath(path)} took too long to read, or crashed the reader. It is skipped until it changes.`,
      );
    }
    this.#progress.enterFile(path, version);
  }

  /** Parses what was read, or is to be written. Throws NotesError `not_text`, or as `enter`. */
  parse({ path, bytes, hash, stats }: Omit<StoredFile, 'stats'> & { stats?: Stats }): ParsedNote {
    this.enter(path, stats);
    const note = this.#last?.hash === hash ? this.#last.note : readNote(bytes);
    this.#last = { hash, note };
    const { code, message = '' } = note.problem ?? {};
    if (code === 'too_large') throw new NotesError(code, message);
    if (code === 'not_text') {
      throw new NotesError(
        code,
        `${quotePath(path)} is not UTF-8 text, so it cannot be used as a note. If it should be one, save it as UTF-8 in an editor.`,
      );
    }
    return note;
  }

  #keep(loaded: LoadedNote): LoadedNote {
    const characters = loaded.note.text.length;
    if (loaded.stamp === '' || characters > keptCharacters / 4) return loaded;
    this.#kept.set(loaded.path, loaded);
    this.#keptCharacters += characters;
    for (const path of this.#kept.keys()) {
      if (this.#kept.size <= keptNotes && this.#keptCharacters <= keptCharacters) break;
      this.#forget(path);
    }
    return loaded;
  }

  #forget(path: string): void {
    this.#keptCharacters -= this.#kept.get(path)?.note.text.length ?? 0;
    this.#kept.delete(path);
  }
}
