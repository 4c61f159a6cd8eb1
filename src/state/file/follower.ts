import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../../log.js';
import { asReadError, StateError } from '../errors.js';
import { type Decision, decide, type Situation } from '../rules/decide.js';
import { currentVersion, describeUnsound } from '../rules/document.js';
import { Draft } from '../rules/draft.js';
import { Ended, type EndedLogin, endedLogins } from '../rules/ended.js';
import { newestMoment } from '../rules/newest-moment.js';
import { isEmpty } from '../rules/tables.js';
import { type ChangeSet, tableNames } from '../schema.js';
import type { StateWaits } from '../waits.js';
import type { StateImage } from './image.js';
import { refuseForeign } from './ownership.js';
import { setAside } from './set-aside.js';
import type { Content, StateFile } from './state-file.js';
import { type Finding, StateReader } from './state-reader.js';

export interface FollowerOptions {
  /** This server's RFC 8707 resource, for tokens imported from version 1. */
  readonly resource: string;
  /** For tokens imported without an expiry. */
  readonly refreshTokenTtlSeconds: number;
  readonly log: Log;
  /** Seconds since the epoch. */
  readonly now: () => number;
  readonly waits: StateWaits;
  /** Called with each login that another process, such as a command, ended. */
  readonly onEndedLogin?: (login: EndedLogin) => void;
}

/** Follows the state file for a server: does what `decide` says about each look, and knows what the next save must do. */
export class StateFollower {
  /** The file must be written again, even without changes. */
  needsSave = false;
  /** Whose the file is, or is to be. */
  owner: Pick<Content, 'uid' | 'gid'> | undefined;
  /** The latest time in any record, in seconds since the epoch. */
  newestMoment = 0;
  /** Something is known that can be served: memory came from the file, or is what the file is to be. */
  isRead = false;
  /** False while the content of the file cannot be used. */
  isFileGood = true;
  /** When this server started empty because the file was damaged, in seconds since the epoch. */
  emptySince: number | undefined;
  readonly image: StateImage;
  readonly #file: StateFile;
  readonly #reader: StateReader;
  readonly #options: FollowerOptions;
  readonly #ended = new Ended();
  #phase: Situation['phase'] = 'starting';
  #badSinceMs = 0;
  #path: string;
  /** The content that is kept aside already. */
  #aside: Content | undefined;
  #last: Content | undefined;

  constructor(file: StateFile, options: FollowerOptions) {
    this.#file = file;
    this.#path = file.path;
    this.#reader = new StateReader(file);
    this.image = this.#reader.image;
    this.#options = options;
  }

  /** From here on memory is what is saved, whatever stands in the file. */
  close(): void {
    this.#phase = 'closing';
  }

  /**
   * Brings the image up to the file. Throws StateError while nothing may be saved: then the image is the last good one.
   * With the lock held, bad content that is to be replaced is kept aside. The first look throws `state_version`,
   * `state_foreign` and `state_unreadable` for what a server must not start on (`refuses`).
   */
  async refresh(locked: boolean): Promise<void> {
    const finding = await this.#look();
    if (finding.content !== undefined) {
      this.#badSinceMs = performance.now();
      this.#last = finding.content;
    }
    const decision = decide({
      found: finding.found,
      memory: this.#memory(),
      settled: performance.now() - this.#badSinceMs >= this.#options.waits.settledMs,
      phase: this.#phase,
    });
    if (decision.refuse) throw new StartRefused(finding.error);
    if (this.#phase === 'starting') this.#phase = 'running';
    await this.#carryOut(decision, finding, locked);
  }

  /** Returns what another process wrote while this one is in the middle of a save. */
  async peek(): Promise<StateImage | undefined> {
    return this.#reader.peek();
  }

  /** A save is in place, and made these changes. */
  saved(changes: ChangeSet): void {
    this.#ended.note(changes);
    this.#see(changes);
    this.#reader.judged({ found: 'good' });
    this.needsSave = false;
    this.isRead = true;
    this.isFileGood = true;
  }

  #memory(): Situation['memory'] {
    if (!this.isRead) return 'nothing';
    return tableNames.every((name) => this.image.tables[name].size === 0) ? 'empty' : 'good';
  }

  async #look(): Promise<Finding> {
    const { now, log, resource, refreshTokenTtlSeconds } = this.#options;
    const finding = await this.#reader.look({ now: now(), resource, refreshTokenTtlSeconds });
    if (this.#file.path !== this.#path) {
      log.warn('the state path now leads to another file', { from: this.#path, to: this.#file.path });
      this.#path = this.#file.path;
    }
    if (finding.content === undefined && !(finding.found === 'missing' && this.#phase === 'starting')) return finding;
    try {
      await refuseForeign(this.#path, finding.content?.uid);
      return finding;
    } catch (error) {
      if (error instanceof StateError) return this.#reader.judged({ ...finding, found: 'foreign', error });
      // Its folder is made with the first save.
      if (finding.found === 'missing') return finding;
      await this.#file.forget();
      return { found: 'failed', error: asReadError(this.#path, error) };
    }
  }

  async #carryOut(decision: Decision, finding: Finding, locked: boolean): Promise<void> {
    const { found, content, error } = finding;
    if (decision.serve === 'file') {
      if (content !== undefined) await this.#adopt(finding, content);
      this.isRead = true;
    }
    if (found === 'missing') {
      await this.#vanished();
      this.isRead = true;
    }
    if (found !== 'failed') this.isFileGood = decision.serve === 'file' || found === 'missing';
    // What memory has is nowhere else then, whether or not something changes.
    if (found === 'irregular' && this.#memory() === 'good') this.needsSave = true;
    if (decision.save === 'nothing') {
      throw error ?? new StateError('state_unreadable', `${this.#path} cannot be used`);
    }
    if (decision.save === 'everything') this.needsSave = true;
    if (!locked) return;
    if (decision.keepAside) await this.#keepAside(found);
    if (decision.serve !== 'memory' || this.isRead) return;
    this.isRead = true;
    this.emptySince = this.#options.now();
    this.#options.log.error('the state file is damaged: starting empty, every client has to log in again', {
      path: this.#path,
    });
  }

  async #adopt({ found, parsed }: Finding, content: Content): Promise<void> {
    if (parsed === undefined) return;
    const { log } = this.#options;
    const path = this.#path;
    this.owner = { uid: content.uid, gid: content.gid };
    const { tables } = this.image;
    const isRestored = this.isRead && this.#ended.isRestored(parsed.changes, parsed.revokedBefore, tables);
    const known = isRestored ? { revokedBefore: tables.revokedBefore, clients: new Map(tables.clients) } : undefined;
    const ended = this.isRead && known === undefined ? endedLogins(tables, parsed.changes, this.#options.now()) : [];
    parsed.apply();
    for (const login of ended) this.#options.onEndedLogin?.(login);
    if (known === undefined) this.#ended.note(parsed.changes);
    else this.#endAgain(known, parsed.changes);
    this.#see(parsed.changes);
    if (parsed.version !== currentVersion) {
      log.info('imported the state file', { path, version: parsed.version });
      this.#reader.judged({ found: 'good' });
    }
    if (found === 'partly' || parsed.unsound.size > 0) {
      const left_out = describeUnsound(parsed.unsound);
      log.warn('the state file holds records that are not sound; the others are kept', { path, left_out });
    }
    if ((content.mode & 0o077) !== 0) await this.#tighten(content.mode);
  }

  #endAgain(known: Parameters<Ended['endAgain']>[1], found: ChangeSet): void {
    const draft = new Draft(this.image.tables);
    this.#ended.endAgain(draft, known);
    const changes = draft.changes();
    if (!isEmpty(changes)) {
      this.image.change(changes);
      this.needsSave = true;
    }
    this.#options.log.warn(
      'an older state file was restored: what this server saw revoked stays revoked; what was issued since then is gone',
      { path: this.#path, newest: new Date(newestMoment(found) * 1_000).toISOString() },
    );
  }

  async #tighten(mode: number): Promise<void> {
    const { log } = this.#options;
    const fields = { path: this.#path, mode: mode.toString(8) };
    if (((await this.#file.tighten(mode)) & 0o077) === 0) {
      log.warn('other users could read the state file; now only its owner can', fields);
    } else {
      log.warn(
        'other users may be able to read the state file, and its file system does not allow to change that',
        fields,
      );
    }
  }

  async #vanished(): Promise<void> {
    if (this.#phase === 'running' && this.isRead && !this.needsSave) {
      this.#options.log.warn('the state file is gone; writing it again from memory', { path: this.#path });
    }
    const folder = await stat(dirname(this.#path)).catch(() => undefined);
    this.owner = folder && { uid: folder.uid, gid: folder.gid };
  }

  async #keepAside(found: Finding['found']): Promise<void> {
    // What an older server writes again and again is kept once.
    if (this.#aside === this.#last || (found === 'older' && this.#aside !== undefined)) return;
    const copy = await setAside(this.#path);
    this.#aside = this.#last;
    this.#options.log.warn('kept the damaged state file aside', {
      path: this.#path,
      copy,
      way_back: 'stop the server, put a backup in its place with cp -p, start the server',
    });
  }

  #see(changes: ChangeSet): void {
    this.newestMoment = Math.max(this.newestMoment, newestMoment(changes));
  }
}

/** The file at the path may be neither served nor changed: the server must not start. */
export class StartRefused extends StateError {
  constructor(reason: StateError | undefined) {
    super(reason?.code ?? 'state_unreadable', reason?.message ?? 'the state file cannot be used', {
      hint: reason?.hint,
    });
  }
}
