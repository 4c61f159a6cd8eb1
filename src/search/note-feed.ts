import type { Log } from '../log.js';
import { VaultError } from '../vault/errors.js';
import type { NoteStat, Vault } from '../vault/vault.js';
import { SearchError } from './errors.js';
import type { IndexClient } from './index-client.js';
import { createTaskQueue } from './task-queue.js';
import type { LoadedNote, Totals } from './worker-protocol.js';

/** Carries notes from the vault to the index: what a scan finds changed, and what it is told of. */
export interface NoteFeed {
  /** Starts from what the index has; what is not named there counts as new. */
  start(client: IndexClient, loaded: { notes: readonly LoadedNote[]; totals: Totals }): void;
  /**
   * Compares the vault with the index, carries over what differs, or all of it, and tells how many notes that were;
   * rejects when the vault cannot be listed.
   */
  scan(options?: { isForced?: boolean }): Promise<number>;
  /** Carries over one note; resolves when a search sees it. */
  changed(path: string, options?: { isUrgent?: boolean }): Promise<void>;
  pause(): void;
  resume(): void;
  /** Notes in the vault, as far as is known. */
  files(): number;
  /** What the index has. */
  totals(): Totals;
  close(): Promise<void>;
}

/** Notes on their way at once: what bounds the memory of a burst. */
const maxAtOnce = 16;

/** A file changed this shortly before it was read may have changed again within the same tick of its clock. */
const clockTickMs = 2000;

export interface NoteFeedOptions {
  readonly vault: Vault;
  readonly log: Log;
  /** The index changed. */
  readonly onChange: () => void;
  /** The vault's folder is gone, so that nothing can be said of its notes; a scan is needed when it is back. */
  readonly onVaultMissing: () => void;
}

export function createNoteFeed({ vault, log, onChange, onVaultMissing }: NoteFeedOptions): NoteFeed {
  /** The state of each file that the index has, or that was skipped. */
  const carried = new Map<string, { size: number; modifiedMs: number }>();
  const listed = new Map<string, NoteStat>();
  const forced = new Set<string>();
  const found = new Set<string>();
  const queue = createTaskQueue(carry, maxAtOnce);
  let client: IndexClient | undefined;
  let isClosed = false;
  let letGo = (): void => {};
  const started = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let totals: Totals = { notes: 0, chunks: 0 };

  async function carry(path: string): Promise<void> {
    try {
      await carryOver(path);
    } catch (error) {
      // The index is gone or going; the next one is fed from the start.
      if (error instanceof SearchError) return;
      if (error instanceof VaultError && error.code === 'vault_missing') return onVaultMissing();
      log.error('a note could not be indexed', { path, error: describe(error) });
    }
  }

  async function carryOver(path: string): Promise<void> {
    await started;
    if (client === undefined || isClosed) return;
    const stat = listed.get(path);
    listed.delete(path);
    const isForced = forced.delete(path);
    if (!vault.isListed(path)) found.delete(path);
    const note = vault.isListed(path)
      ? await vault.read(path).catch((error: unknown) => skip(path, stat, error))
      : undefined;
    if (note === undefined) {
      if (!found.has(path)) carried.delete(path);
      totals = await client.call('remove', { path });
    } else {
      const size = stat?.modifiedMs === note.modifiedMs ? stat.size : Buffer.byteLength(note.text);
      const { text, hash, modifiedMs } = note;
      const { title, status, tags } = note.metadata;
      found.add(note.path);
      carried.set(note.path, { size, modifiedMs });
      const toIndex = { path: note.path, text, title, status, tags, size, modifiedMs, hash };
      totals = await client.call('put', { note: toIndex, isForced, nowMs: Date.now() });
    }
    onChange();
  }

  /** A note that is gone leaves the index; so does one that cannot be read, and the log says why. */
  function skip(path: string, stat: NoteStat | undefined, error: unknown): undefined {
    if (error instanceof VaultError && error.code === 'not_found') {
      found.delete(path);
      return;
    }
    if (error instanceof VaultError && error.code === 'vault_missing') throw error;
    if (stat !== undefined) carried.set(path, stat);
    log.warn('a note is left out of the search index', { path, reason: describe(error) });
  }

  return {
    start(newClient, loaded) {
      client = newClient;
      totals = loaded.totals;
      carried.clear();
      for (const { path, size, modifiedMs, indexedMs } of loaded.notes) {
        if (modifiedMs < indexedMs - clockTickMs) carried.set(path, { size, modifiedMs });
        found.add(path);
      }
      letGo();
    },
    async scan({ isForced = false } = {}) {
      const present = new Set<string>();
      const runs: Promise<void>[] = [];
      for (const stat of await vault.list()) {
        present.add(stat.path);
        found.add(stat.path);
        const known = carried.get(stat.path);
        if (!isForced && known?.size === stat.size && known.modifiedMs === stat.modifiedMs) continue;
        listed.set(stat.path, stat);
        if (isForced) forced.add(stat.path);
        runs.push(queue.add(stat.path));
      }
      for (const path of found) if (!present.has(path)) runs.push(queue.add(path));
      await Promise.all(runs);
      return runs.length;
    },
    changed: (path, options) => queue.add(path, options),
    pause: queue.pause,
    resume: queue.resume,
    files: () => found.size,
    totals: () => totals,
    close() {
      isClosed = true;
      letGo();
      return queue.close();
    },
  };
}

/** Returns what went wrong in one line. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
