import { setTimeout } from 'node:timers/promises';
import type { Log } from '../log.js';
import type { Vault } from '../vault/vault.js';
import { describe, type NoteFeed } from './note-feed.js';
import { type VaultWatcher, watchVault } from './watch-vault.js';

/** Keeps an index in step with the folder: watches it, looks now and then, waits for it when it is gone. */
export interface VaultSync {
  /** Compares the whole vault with the index; resolves when they agree, after waiting for a vault that is gone. */
  scan(options?: { isForced?: boolean }): Promise<void>;
  /** Has the vault scanned soon. */
  wantScan(): void;
  close(): Promise<void>;
}

/** While the watcher works, events lost on the way (network folders, full queues) are made up for this late. */
const checkMs = 5 * 60_000;
/** Without a watcher, looking is all there is, … */
const lookMs = 2000;
/** … and may take this share of the time. */
const lookShare = 0.1;
const retryMs = 1000;

/** Starts to watch, unless `watch` is false; scans run one after the other. */
export function keepInStep(options: { vault: Vault; feed: NoteFeed; log: Log; watch: boolean }): VaultSync {
  const { vault, feed, log } = options;
  const closing = new AbortController();
  let watcher: VaultWatcher | undefined;
  let isBlind = false;
  let lastScanMs = 0;
  let scans: Promise<void> = Promise.resolve();
  let isScanWanted = false;
  let timer: NodeJS.Timeout | undefined;

  if (options.watch) startWatcher();

  function startWatcher(): void {
    if (isBlind || closing.signal.aborted) return;
    watcher = watchVault({
      vault,
      log,
      onNote: (path) => void feed.changed(path),
      onUncertain: wantScan,
      onBlind: () => {
        if (isBlind) return;
        isBlind = true;
        log.warn('the system watches no more folders, so the vault is looked through every few seconds', {
          hint: 'raise fs.inotify.max_user_watches',
        });
        void stopWatcher();
        wantScan();
      },
    });
  }

  async function stopWatcher(): Promise<void> {
    const stopped = watcher;
    watcher = undefined;
    await stopped?.close();
  }

  function wantScan(): void {
    if (isScanWanted) return;
    isScanWanted = true;
    void scan();
  }

  function scan({ isForced = false } = {}): Promise<void> {
    scans = scans.then(() => scanNow(isForced)).then(scheduleScan);
    return scans;
  }

  async function scanNow(isForced: boolean): Promise<void> {
    isScanWanted = false;
    for (let isLost = false; !closing.signal.aborted; ) {
      const begin = performance.now();
      try {
        await feed.scan({ isForced });
        lastScanMs = performance.now() - begin;
        if (isLost) await welcomeBack();
        return;
      } catch (error) {
        if (!isLost)
          log.warn('the vault cannot be read, waiting for it', { path: vault.root, reason: describe(error) });
        isLost = true;
        await waitForVault();
      }
    }
  }

  /** Nothing leaves the index meanwhile. */
  async function waitForVault(): Promise<void> {
    feed.pause();
    await setTimeout(retryMs, undefined, { signal: closing.signal }).catch(() => {});
    feed.resume();
  }

  /** The folder may be another one by now, which the old watcher knows nothing of. */
  async function welcomeBack(): Promise<void> {
    log.info('the vault is back', { path: vault.root });
    await stopWatcher();
    if (options.watch) startWatcher();
    wantScan();
  }

  function scheduleScan(): void {
    clearTimeout(timer);
    if (closing.signal.aborted || !options.watch) return;
    timer = globalThis.setTimeout(wantScan, isBlind ? Math.max(lookMs, lastScanMs / lookShare) : checkMs);
  }

  return {
    scan,
    wantScan,
    async close() {
      closing.abort();
      clearTimeout(timer);
      await stopWatcher();
    },
  };
}
