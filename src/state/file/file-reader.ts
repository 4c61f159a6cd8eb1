import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../../log.js';
import { about, asReadError, StateError } from '../errors.js';
import type { StateWaits } from '../waits.js';
import { currentVersion, describeUnsound } from './document.js';
import type { StateImage } from './image.js';
import { setAside } from './set-aside.js';
import type { Content, StateFile } from './state-file.js';

export interface FileReaderOptions {
  readonly resource: string;
  readonly refreshTokenTtlSeconds: number;
  readonly log: Log;
  readonly now: () => number;
  readonly waits: StateWaits;
}

interface Bad {
  readonly error: StateError;
  /** What it looked like; another look is another file. */
  readonly stamp: string;
  readonly sinceMs: number;
  /** Whether it was parsed, or could not be opened at all. */
  readonly wasRead: boolean;
  readonly atStart: boolean;
}

/** The server's way of reading: it never empties itself, keeps damaged files aside, and says what the next save must do. */
export class FileReader {
  /** The file must be written anew, changes or not. */
  needsSave = false;
  #needsCopy = false;
  #started = false;
  /** Memory came from the file, or is in it: before that it has nothing that a file out of reach could be replaced by. */
  #hasLoaded = false;
  #bad: Bad | undefined;
  #owner: { uid: number; gid: number } | undefined;
  readonly #file: StateFile;
  readonly #image: StateImage;
  readonly #options: FileReaderOptions;

  constructor(file: StateFile, image: StateImage, options: FileReaderOptions) {
    this.#file = file;
    this.#image = image;
    this.#options = options;
  }

  /** Whose the file is, or is to be. */
  get owner(): { uid: number; gid: number } | undefined {
    return this.#owner;
  }

  /**
   * Brings the image up to the file. Throws StateError while the file is bad: then the image is the
   * last good one, and nothing may be saved. With the lock held, a file that is bad for good is kept aside and no longer
   * stands in the way.
   */
  async refresh(locked: boolean): Promise<void> {
    let content: Content | 'same' | 'missing';
    try {
      content = await this.#file.read(true);
    } catch (error) {
      return this.#refuse(asReadError(this.#file.path, error), false, locked);
    }
    if (content === 'missing') return this.#vanished();
    if (content !== 'same') return this.#adopt(content, locked);
    if (this.#bad !== undefined) return this.#refuse(this.#bad.error, this.#bad.wasRead, locked);
    if (locked && this.#needsCopy) await this.#keepAside();
    return;
  }

  /** From here on the state in memory is worth more than a damaged file. */
  started(): void {
    this.#started = true;
  }

  /** The last save is in place. */
  saved(): void {
    this.needsSave = false;
    this.#needsCopy = false;
    this.#bad = undefined;
    this.#started = true;
    this.#hasLoaded = true;
  }

  async #vanished(): Promise<void> {
    if (this.#started && !this.needsSave) {
      this.#options.log.warn('the state file is gone; writing it anew from memory', { path: this.#file.path });
    }
    this.#bad = undefined;
    this.#needsCopy = false;
    this.needsSave = true;
    const folder = await stat(dirname(this.#file.path)).catch(() => undefined);
    this.#owner = folder && { uid: folder.uid, gid: folder.gid };
    return;
  }

  async #adopt(content: Content, locked: boolean): Promise<void> {
    const { log, now, resource, refreshTokenTtlSeconds } = this.#options;
    const path = this.#file.path;
    this.#owner = { uid: content.uid, gid: content.gid };
    if ((content.mode & 0o077) !== 0) {
      log.warn('the state file could be read by others; only its owner may now', {
        path,
        mode: content.mode.toString(8),
      });
    }
    try {
      const adopted = await this.#image.adopt(content.bytes, { now: now(), resource, refreshTokenTtlSeconds });
      this.#bad = undefined;
      this.#hasLoaded = true;
      this.#needsCopy = adopted.unsound.size > 0;
      if (adopted.version !== currentVersion || this.#needsCopy) this.needsSave = true;
      if (adopted.version !== currentVersion) log.info('imported the state file', { path, version: adopted.version });
      if (this.#needsCopy) {
        log.warn('the state file holds records that are not sound; the others are kept', {
          path,
          left_out: describeUnsound(adopted.unsound),
        });
        if (locked) await this.#keepAside();
      }
    } catch (error) {
      if (!(error instanceof StateError) || error.code === 'state_unwritable') throw error;
      return this.#refuse(about(path, error), true, locked);
    }
  }

  async #refuse(error: StateError, wasRead: boolean, locked: boolean): Promise<void> {
    const stamp = `${this.#file.stamp} ${wasRead || error.message}`;
    if (this.#bad?.stamp !== stamp) {
      this.#bad = { error, stamp, wasRead, sinceMs: performance.now(), atStart: !this.#started };
    }
    if (!locked || !this.#mayReplace(this.#bad)) throw error;
    await this.#keepAside();
    this.#bad = undefined;
    this.needsSave = true;
    return;
  }

  /** Memory that never held the file is not worth one that could not even be opened; while running a newer version stays. */
  #mayReplace(bad: Bad): boolean {
    if (!bad.wasRead && !this.#hasLoaded) return false;
    if (bad.atStart) return bad.wasRead;
    return bad.error.code !== 'state_version' && performance.now() - bad.sinceMs >= this.#options.waits.settledMs;
  }

  async #keepAside(): Promise<void> {
    const copy = await setAside(this.#file.path);
    this.#needsCopy = false;
    this.#options.log.warn('kept the damaged state file aside', { path: this.#file.path, copy });
  }
}
