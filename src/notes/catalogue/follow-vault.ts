import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Log } from '../../log.js';
import { NotesError } from '../errors.js';
import type { Bounds } from '../files/locate.js';
import { walkVault } from '../files/walk-vault.js';
import type { NotesStatus } from '../notes.js';
import type { NoteSource } from '../worker/note-source.js';
import type { SharedProgress } from '../worker/progress.js';
import { type Catalogue, fileKinds, kindOfPath } from './catalogue.js';
import { isBroken } from './sql.js';
import { updateEntry } from './update-entry.js';
import { watchVault } from './watch-vault.js';

export interface FollowOptions {
  readonly catalogue: Catalogue;
  readonly source: NoteSource;
  readonly bounds: Bounds;
  readonly progress: SharedProgress;
  /** Follow changes that other programs make. */
  readonly watch: boolean;
  readonly log: Log;
  readonly onStatus: (status: NotesStatus) => void;
  /** The database failed. */
  readonly onBroken: (error: unknown) => void;
}

/** Keeps the catalogue in step with the folder: in small steps, between which calls are answered. */
export interface VaultFollower {
  /** Compares the whole folder with the catalogue; resolves when they agree, after waiting for a vault that is gone. */
  scan(options?: { isForced?: boolean }): Promise<void>;
  /** Leaves the catalogue as it is, but for `updateNow`, until the function returned is called. */
  hold(): () => void;
  /**
   * Has the catalogue say at once what the folder says of these paths: after a change of our own. That is on disk by then, so
   * a failing catalogue does not fail it, and a new one will find it.
   */
  updateNow(paths: Iterable<string>): void;
  status(): NotesStatus;
  /** True once it is being closed: a scan ends early then. */
  isClosing(): boolean;
  close(): Promise<void>;
}

/** Work goes on for so long before waiting calls are answered. */
const sliceMs = 12;
/** While the watcher works, events lost on the way (network folders, full queues) are made up for this late. */
const checkMs = 5 * 60_000;
/** Without a watcher, looking is all there is, … */
const lookMs = 800;
/** … and may take this share of the time. */
const lookShare = 0.1;
const retryMs = 1000;
const commitMs = 1000;
const statusMs = 200;

/** Starts with a first scan of the folder, then watches it. */
export function followVault(options: FollowOptions): VaultFollower {
  const { catalogue, source, bounds, progress, log } = options;
  const { sql, search } = catalogue;
  const closing = new AbortController();
  const pending = new Set<string>();
  let skipped: ReadonlySet<string> = new Set();
  let isReady = false;
  let isOverLimit = false;
  let isWorking: Promise<void> | undefined;
  let held: Promise<void> | undefined;
  let scans: Promise<void> = Promise.resolve();
  let isScanWanted = false;
  let lastScanMs = 0;
  let begunMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let statusTimer: NodeJS.Timeout | undefined;
  let counts: Pick<NotesStatus, 'files' | 'indexed' | 'problems'> | undefined;

  /** Goes over all files, so they are counted again only after a change. */
  function status(): NotesStatus {
    counts ??= sql.get<typeof counts & object>(`
      SELECT COUNT(*) FILTER (WHERE kind = 1 AND listed = 1) AS files,
        COUNT(hash) FILTER (WHERE kind = 1 AND listed = 1) AS indexed,
        COUNT(*) FILTER (WHERE kind = 1 AND problem_code NOT IN ('cut', 'bad_frontmatter')) AS problems FROM files`);
    return { ready: isReady, files: 0, indexed: 0, problems: 0, ...counts, chunks: search.status().sections };
  }

  function tell(): void {
    statusTimer ??= globalThis.setTimeout(() => {
      statusTimer = undefined;
      guard(() => options.onStatus(status()));
    }, statusMs);
  }

  function guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      options.onBroken(error);
    }
  }

  /** Many changes are committed at once: the index of words merges with each commit. What a crash takes is read again. */
  function change(work: () => void): void {
    if (!sql.db.inTransaction) begunMs = performance.now();
    sql.begin();
    counts = undefined;
    work();
    if (performance.now() - begunMs > commitMs) commit();
  }

  function commit(): void {
    sql.commit();
    search.wake();
    tell();
  }

  const watcher = options.watch
    ? watchVault({
        bounds,
        log,
        onChange: (paths) => (paths === undefined ? wantScan() : want(paths)),
        onLimit() {
          isOverLimit = true;
          log.warn('the system cannot watch more folders; the vault is scanned every few seconds instead', {
            hint: 'raise fs.inotify.max_user_watches',
          });
          wantScan();
        },
      })
    : undefined;

  function want(paths: Iterable<string>): void {
    for (const path of paths) pending.add(path);
    if (pending.size === 0) return;
    isWorking ??= workOff().finally(() => {
      isWorking = undefined;
    });
  }

  /** Takes in what is pending. */
  async function workOff(): Promise<void> {
    await setImmediate();
    while (pending.size > 0 && !closing.signal.aborted) {
      await held;
      try {
        change(takeInSlice);
      } catch (error) {
        // The vault is missing.
        if (!(error instanceof NotesError)) return options.onBroken(error);
        wantScan();
        break;
      }
      await setImmediate();
    }
    guard(commit);
  }

  function takeInSlice(): void {
    const begin = performance.now();
    for (const path of pending) {
      updateEntry(catalogue, source, bounds, path);
      pending.delete(path);
      if (performance.now() - begin > sliceMs) break;
    }
    progress.leaveFile();
  }

  function wantScan(): void {
    if (isScanWanted) return;
    isScanWanted = true;
    void scan();
  }

  function scan({ isForced = false } = {}): Promise<void> {
    scans = scans.then(() => scanUntilDone(isForced)).catch(options.onBroken);
    return scans;
  }

  async function scanUntilDone(isForced: boolean): Promise<void> {
    await held;
    isScanWanted = false;
    clearTimeout(timer);
    for (let isLost = false; !closing.signal.aborted; ) {
      const begin = performance.now();
      try {
        await scanOnce(isForced);
        lastScanMs = performance.now() - begin;
        if (isLost) log.info('the vault is back', { path: bounds.root });
        break;
      } catch (error) {
        if (!(error instanceof NotesError)) throw error;
        if (!isLost) log.warn('the vault cannot be read; waiting for it', { path: bounds.root, reason: error.message });
        isLost = true;
        await setTimeout(retryMs, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
    // Watching begins after the first look, which would otherwise share the disk with it.
    watcher?.check();
    if (watcher !== undefined && !closing.signal.aborted) {
      const delayMs = isOverLimit ? Math.max(lookMs, lastScanMs / lookShare) : checkMs;
      timer = globalThis.setTimeout(() => void scan(), delayMs);
    }
  }

  /** Resolves when the files that differ have been taken in. */
  async function scanOnce(isForced: boolean): Promise<void> {
    const known = catalogue.all();
    const different: string[] = [];
    const left = new Set<string>();
    const onSkipped = (path: string, code: string) => {
      left.add(path);
      if (!skipped.has(path)) log.warn('a folder of the vault is skipped', { path, code });
    };
    for (const files of walkVault(bounds, onSkipped)) {
      change(() => {
        for (const { path, isListed, stats } of files) {
          const file = known.get(path);
          known.delete(path);
          const isSame = file?.listed === Number(isListed) && file.kind === kindOfPath(path);
          if (stats === undefined) {
            if (!isSame) catalogue.writeAttachment({ path, isListed, stamp: '' });
            continue;
          }
          const stamp = `${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
          if (!isForced && isSame && file.stamp === stamp) continue;
          if (file === undefined && kindOfPath(path) === fileKinds.note) {
            catalogue.writeUnread({ path, isListed, stamp: '' }, fileKinds.note, stats);
          }
          if (isForced && file !== undefined) catalogue.forget(file.id);
          different.push(path);
        }
      });
      await setImmediate();
      if (closing.signal.aborted) return;
    }
    commit();
    for (const path of known.keys()) different.push(path);
    skipped = left;
    want(different);
    await isWorking;
  }

  async function firstScan(): Promise<void> {
    const begin = performance.now();
    const known = catalogue.all().size;
    await scan();
    if (closing.signal.aborted) return;
    isReady = true;
    const { files, chunks } = status();
    const seconds = Math.round(performance.now() - begin) / 1000;
    log.info('the notes are ready', { notes: files, chunks, seconds, fromDisk: known });
    options.onStatus(status());
  }

  options.onStatus(status());
  void firstScan().catch(options.onBroken);
  return {
    scan,
    hold() {
      let release = () => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        held = undefined;
        release();
      };
    },
    updateNow(paths) {
      try {
        change(() => {
          for (const path of paths) updateEntry(catalogue, source, bounds, path);
        });
        if (isWorking === undefined) commit();
      } catch (error) {
        if (isBroken(error)) options.onBroken(error);
        else log.warn('a change could not be written to the catalogue', { reason: String(error) });
      }
    },
    status,
    isClosing: () => closing.signal.aborted,
    async close() {
      closing.abort();
      clearTimeout(timer);
      clearTimeout(statusTimer);
      watcher?.close();
      await scans;
    },
  };
}
