import { about, asReadError, StateError } from '../errors.js';
import type { Found } from '../rules/decide.js';
import { currentVersion, describeUnsound } from '../rules/document.js';
import type { ImportOptions } from '../rules/migrate.js';
import { type Parsed, StateImage } from './image.js';
import type { Content, Look, StateFile } from './state-file.js';

/** What a look found out. */
export interface Finding {
  readonly found: Found;
  /** Why it is not good. */
  readonly error?: StateError;
  /** Only when it is another content than the last time. */
  readonly content?: Content;
  readonly parsed?: Parsed;
}

/** The only code that reads the state file. A command uses `read`, which rejects a bad file. A server uses `look` and decides. */
export class StateReader {
  readonly file: StateFile;
  readonly image = new StateImage();
  readonly #name: string | undefined;
  #last: Finding = { found: 'missing' };
  #peeked: StateImage | undefined;

  /** `name`: see `path`, which is the file's by default. */
  constructor(file: StateFile, name?: string) {
    this.file = file;
    this.#name = name;
  }

  /** What errors call the file. */
  get path(): string {
    return this.#name ?? this.file.path;
  }

  /**
   * Brings the image up to the file for a command; returns the content when it is another one than before. Rejects with
   * StateError when there is none that can be used, and reads it again next time.
   */
  async read(): Promise<Content | undefined> {
    const { found, error, content, parsed } = await this.look();
    if (found === 'good') {
      parsed?.apply();
      return content;
    }
    await this.file.forget();
    throw error ?? missingFile(this.path);
  }

  /** Checks the file and parses new content, but does not adopt it. Version 1 is parsed when `importing` is given. */
  async look(importing?: ImportOptions): Promise<Finding> {
    let look: Look;
    try {
      look = await this.file.look(true);
    } catch (error) {
      return { found: 'failed', error: asReadError(this.path, error) };
    }
    if (look === 'same' || look === 'seen') return this.#last;
    if (look === 'missing') return { found: 'missing' };
    if (look === 'irregular') return { found: 'irregular', error: notRegular(this.path) };
    this.#peeked = undefined;
    return this.judged(await this.#judge(look.content, importing));
  }

  /** Remembers what a new content was found to be, for as long as it stays the same. */
  judged(finding: Finding): Finding {
    const { found, error } = finding;
    this.#last = error === undefined ? { found } : { found, error };
    return finding;
  }

  /** Returns what is there when it is good and another content than the last time; takes nothing over. Never rejects. */
  async peek(): Promise<StateImage | undefined> {
    const image = new StateImage();
    try {
      const look = await this.file.look(false);
      // Under load every request looks: one content is parsed once.
      if (look === 'seen') return this.#peeked;
      this.#peeked = undefined;
      if (typeof look === 'string') return undefined;
      const parsed = await image.parse(look.content.bytes);
      if (parsed.unsound.size > 0) return undefined;
      parsed.apply();
      this.#peeked = image;
      return image;
    } catch {
      return undefined;
    }
  }

  async #judge(content: Content, importing: ImportOptions | undefined): Promise<Finding> {
    const path = this.path;
    try {
      const parsed = await this.image.parse(content.bytes, importing);
      if (parsed.version !== currentVersion) return { found: 'older', error: olderServer(path), content, parsed };
      if (parsed.unsound.size === 0) return { found: 'good', content, parsed };
      return { found: 'partly', error: about(path, unsoundError(parsed)), content, parsed };
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      return { found: foundByCode[error.code] ?? 'corrupt', error: about(path, error), content };
    }
  }
}

const foundByCode: { readonly [code: string]: Found } = { state_foreign: 'other', state_version: 'newer' };

export function missingFile(path: string): StateError {
  return new StateError('state_missing', `there is no state file ${path}`, {
    hint: 'name it with --state-path; vault-mcp serve creates it',
  });
}

function olderServer(path: string): StateError {
  return new StateError('state_version', `an older server also writes ${path}, and would undo every revocation`, {
    hint: 'stop the older server; this server keeps its state',
  });
}

function notRegular(path: string): StateError {
  return new StateError('state_unreadable', `${path} is a folder, a pipe or a device, not a file`, {
    hint: 'move it away, or name another path with --state-path',
  });
}

function unsoundError({ unsound }: Parsed): StateError {
  return new StateError('state_unreadable', `some records are not sound (${describeUnsound(unsound)})`, {
    hint: 'vault-mcp serve keeps a copy of the file and uses the other records',
  });
}
