import { randomBytes } from 'node:crypto';
import { about, asReadError, asUnconfirmed, asWriteError, StateError } from '../errors.js';
import { describeUnsound } from '../file/document.js';
import { DocumentView } from '../file/document-view.js';
import { parseWhole, StateImage } from '../file/image.js';
import type { Content, StateFile } from '../file/state-file.js';
import { transact } from '../file/transaction.js';
import type { StateView } from '../schema.js';
import type { StateWaits } from '../waits.js';
import { Pending } from './pending.js';
import type { Committed, StateStore, Transition } from './store.js';
import { Turns } from './turns.js';

/** The store of a command: it refuses a file that is missing, damaged or of another version, and keeps nothing unsaved. */
export class CommandStore implements StateStore {
  readonly #file: StateFile;
  readonly #image = new StateImage();
  readonly #turns = new Turns();
  readonly #path: string;
  readonly #waits: StateWaits;
  #saves = 0;
  #failedSaves = 0;

  /** `path` is what errors call the file. */
  constructor(file: StateFile, path: string, waits: StateWaits) {
    this.#file = file;
    this.#path = path;
    this.#waits = waits;
  }

  get path(): string {
    return this.#path;
  }

  view(): StateView {
    return this.#image.tables;
  }

  /** Rejects with StateError when the file cannot be used. */
  async freshView(): Promise<StateView> {
    await this.#turns.take(() => this.refresh());
    return this.view();
  }

  update<T>(transition: Transition<T>): Promise<Committed<T>> {
    const pending = new Pending(transition, Math.floor(Date.now() / 1_000), randomBytes);
    return this.#turns.take(() => this.#update(pending));
  }

  /** A command has nothing that may wait. */
  defer(transition: Transition<void>): void {
    void this.update(transition).catch(() => {});
  }

  health(): { degraded: boolean } {
    return { degraded: false };
  }

  counters(): { saves: number; failedSaves: number } {
    return { saves: this.#saves, failedSaves: this.#failedSaves };
  }

  async close(): Promise<void> {
    await this.#turns.take(() => this.#file.forget());
  }

  /** Reads the file if it changed; throws StateError when it cannot be used. */
  async refresh(): Promise<Content | undefined> {
    const content = await this.#readFile();
    if (content !== undefined) await this.#judge(() => this.#image.adopt(content.bytes));
    return content;
  }

  /** Reads the file to look at it, without what writing it again would need; throws StateError like `refresh`. */
  async look(): Promise<{ content: Content; view: StateView }> {
    const content = await this.#readFile();
    if (content === undefined) throw new Error('the file was read already');
    const { document } = await this.#judge(async () => {
      const parsed = parseWhole(content.bytes, undefined);
      return { ...parsed, unsound: parsed.document.unsound };
    });
    return { content, view: new DocumentView(document) };
  }

  async #readFile(): Promise<Content | undefined> {
    let content: Content | 'same' | 'missing';
    try {
      content = await this.#file.read();
    } catch (error) {
      throw asReadError(this.#path, error);
    }
    if (content === 'missing') throw missingFile(this.#path);
    return content === 'same' ? undefined : content;
  }

  /** Refuses what `adopt` found unsound; the file is read again next time. */
  async #judge<T extends { readonly unsound: ReadonlyMap<string, number> }>(adopt: () => Promise<T>): Promise<T> {
    try {
      const adopted = await adopt();
      if (adopted.unsound.size === 0) return adopted;
      throw new StateError('state_unreadable', `some records are not sound (${describeUnsound(adopted.unsound)})`, {
        hint: 'vault-mcp serve keeps the file aside and goes on with the others',
      });
    } catch (error) {
      await this.#file.forget();
      throw error instanceof StateError ? about(this.#path, error) : error;
    }
  }

  async #update<T>(pending: Pending<T>): Promise<Committed<T>> {
    let outcome: { value: T } | { thrown: unknown } | undefined;
    try {
      const { written, unsynced } = await transact(this.#file, this.#image, {
        waits: this.#waits,
        sweep: true,
        refresh: async () => void (await this.refresh()),
        run: (draft) => {
          outcome = attempt(() => pending.run(draft));
          return false;
        },
        kept: () => {},
        owner: () => undefined,
      });
      if (written) this.#saves += 1;
      if (unsynced !== undefined) throw asUnconfirmed(this.#path, unsynced);
    } catch (error) {
      this.#failedSaves += 1;
      throw asWriteError(this.#path, error);
    }
    if (outcome === undefined) throw new Error('the transition was not run');
    if ('thrown' in outcome) throw outcome.thrown;
    return { value: outcome.value, durable: true };
  }
}

export function missingFile(path: string): StateError {
  return new StateError('state_missing', `there is no state file ${path}`, {
    hint: 'name it with --state-path; vault-mcp serve makes it',
  });
}

function attempt<T>(run: () => { value: T }): { value: T } | { thrown: unknown } {
  try {
    return { value: run().value };
  } catch (thrown) {
    return { thrown };
  }
}
