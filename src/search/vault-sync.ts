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
  /** From now on follows what other programs change. */
  watch(): void;
  close(): void;
}

/** While the watcher works, events lost on the way (network folders, full queues) are made up for this late. */
const checkMs = 5 * 60_000;
/** Without a watcher, looking is all there is, … */
const lookMs = 800;
/** … and may take this share of the time. */
const lookShare = 0.1;
const retryMs = 1000;

/** Scans run one after the other. */
export function keepInStep({ vault, feed, log }: { vault: Vault; feed: NoteFeed; log: Log }): VaultSync {
  const closing = new AbortController();
  let watcher: VaultWatcher | undefined;
  let isWatching = false;
  let isBlind = false;
  let isReplaced = false;
  let lastScanMs = 0;
  let isCheck = false;
  let scans: Promise<void> = Promise.resolve();
  let isScanWanted = false;
  let timer: NodeJS.Timeout | undefined;

  function startWatcher(): void {
    if (!isWatching || isBlind || watcher !== undefined || closing.signal.aborted) return;
    watcher = watchVault({
      vault,
      log,
      onNote: (path) => void feed.changed(path),
      onUncertain: wantScan,
      onReplaced: () => {
        // A watcher of a folder that is not there yet stays silent for ever: the next one waits for a scan that finds it.
        isReplaced = true;
        stopWatcher();
        wantScan();
      },
      onBlind: () => {
        if (isBlind) return;
        isBlind = true;
        log.warn('the system watches no more folders, so the vault is looked through every few seconds', {
          hint: 'raise fs.inotify.max_user_watches',
        });
        stopWatcher();
        wantScan();
      },
    });
  }

  function stopWatcher(): void {
    watcher?.close();
    watcher = undefined;
  }

  function wantScan(): void {
    if (isScanWanted) return;
    isScanWanted = true;
    void scan();
  }

  function check(): void {
    isCheck = true;
    wantScan();
  }

  function scan({ isForced = false } = {}): Promise<void> {
    scans = scans.then(() => scanNow(isForced)).then(scheduleScan);
    return scans;
  }

  async function scanNow(isForced: boolean): Promise<void> {
    isScanWanted = false;
    const isChecking = isCheck;
    isCheck = false;
    for (let isLost = false; !closing.signal.aborted; ) {
      const begin = performance.now();
      try {
        const different = await feed.scan({ isForced });
        lastScanMs = performance.now() - begin;
        if (isLost) log.info('the vault is back', { path: vault.root });
        // Another folder may have come in its place, or was mounted over it, which the old watcher knows nothing of.
        if (isLost || isReplaced || (isChecking && different > 0)) {
          isReplaced = false;
          restartWatcher();
        }
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

  function restartWatcher(): void {
    stopWatcher();
    startWatcher();
  }

  function scheduleScan(): void {
    clearTimeout(timer);
    if (closing.signal.aborted || !isWatching) return;
    timer = globalThis.setTimeout(check, isBlind ? Math.max(lookMs, lastScanMs / lookShare) : checkMs);
  }

  return {
    scan,
    wantScan,
    watch() {
      if (isWatching) return;
      isWatching = true;
      startWatcher();
    },
    close() {
      closing.abort();
      clearTimeout(timer);
      stopWatcher();
    },
  };
}
