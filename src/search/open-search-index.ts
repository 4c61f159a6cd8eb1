import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import type { Log } from '../log.js';
import type { Vault } from '../vault/vault.js';
import { splitChunks } from './chunks.js';
import type { EmbeddingsOptions } from './embeddings/endpoint.js';
import type { Meaning } from './embeddings/meaning.js';
import { SearchError } from './errors.js';
import { type IndexClient, startIndexWorker } from './index-client.js';
import { createNoteFeed, describe } from './note-feed.js';
import type { Candidate } from './rank.js';
import type { IndexStatus, SearchHit, SearchIndex } from './search.js';
import { cutPassage } from './snippet.js';
import { keepInStep, type VaultSync } from './vault-sync.js';

export interface SearchIndexOptions {
  readonly vault: Vault;
  /** Follow changes that other programs make. */
  readonly watch: boolean;
  /** A file outside the vault that keeps the index between starts. */
  readonly cachePath?: string;
  /** Search by meaning too; the vectors are kept beside `cachePath`. */
  readonly embeddings?: EmbeddingsOptions;
  readonly log: Log;
}

/** A changed index is kept on disk when nothing changed for so long. */
const saveAfterMs = 10_000;
const minRestartDelayMs = 1000;
const maxRestartDelayMs = 60_000;

/** Opens an index over a vault; resolves at once, while a worker builds it or reads it from `cachePath`. */
export async function openSearchIndex(options: SearchIndexOptions): Promise<SearchIndex> {
  const { vault, watch, log, embeddings } = options;
  const cachePath = await cacheOutside(vault, options.cachePath, log);
  const settings = { root: vault.root, cachePath, vectors: vectorSettings(vault.root, cachePath, embeddings) };
  const meaning = await openMeaning();
  const feed = createNoteFeed({
    vault,
    log,
    onChange: () => {
      scheduleSave();
      meaning?.wake();
    },
    onVaultMissing: () => sync.wantScan(),
  });
  const sync: VaultSync = keepInStep({ vault, feed, log });
  let client: IndexClient;
  let isReady = false;
  let isClosed = false;
  let isSaved = true;
  let saveTimer: NodeJS.Timeout | undefined;
  let restartDelayMs = minRestartDelayMs;
  let restartTimer: NodeJS.Timeout | undefined;
  let rebuilding: ReturnType<SearchIndex['reindex']> | undefined;

  function startWorker(): void {
    client = startIndexWorker(settings, (cause) => {
      isReady = false;
      log.error('the search index stopped, starting anew', { reason: describe(cause), inMs: restartDelayMs });
      restartTimer = setTimeout(startWorker, restartDelayMs);
      restartDelayMs = Math.min(maxRestartDelayMs, restartDelayMs * 2);
    });
    firstPass(client).catch((error: unknown) => {
      if (!(error instanceof SearchError))
        log.error('the first pass over the vault failed', { reason: describe(error) });
    });
  }

  async function firstPass(started: IndexClient): Promise<void> {
    const begin = performance.now();
    const loaded = await started.call('load', undefined);
    feed.start(started, loaded);
    await sync.scan();
    if (isClosed || !started.isRunning()) return;
    // Watching begins after the first look, which would otherwise share the disk with it.
    if (watch) sync.watch();
    isReady = true;
    meaning?.start(started);
    restartDelayMs = minRestartDelayMs;
    const { notes, chunks } = feed.totals();
    const seconds = Math.round(performance.now() - begin) / 1000;
    log.info('search index ready', { notes, chunks, seconds, fromDisk: loaded.notes.length });
    if (!isSaved) await started.call('compact', undefined);
  }

  /** Not even loaded when it is off. */
  async function openMeaning(): Promise<Meaning | undefined> {
    if (embeddings === undefined) return undefined;
    const { createMeaning } = await import('./embeddings/meaning.js');
    return createMeaning({ vault, embeddings, log });
  }

  function scheduleSave(): void {
    isSaved = false;
    clearTimeout(saveTimer);
    if (!isClosed) saveTimer = setTimeout(() => void save(), saveAfterMs);
  }

  async function save(): Promise<void> {
    if (isSaved || settings.cachePath === undefined) return;
    isSaved = true;
    await client.call('save', undefined).catch((error: unknown) => {
      isSaved = false;
      log.warn('the search index could not be kept on disk', { path: settings.cachePath, reason: describe(error) });
    });
  }

  async function rebuild(): ReturnType<SearchIndex['reindex']> {
    const begin = performance.now();
    await sync.scan({ isForced: true });
    await client.call('compact', undefined);
    return { files: feed.files(), chunks: feed.totals().chunks, seconds: (performance.now() - begin) / 1000 };
  }

  function status(): IndexStatus {
    const { notes, chunks } = feed.totals();
    return { ready: isReady, files: Math.max(feed.files(), notes), indexed: notes, chunks };
  }

  startWorker();
  return {
    async search(query) {
      const vector = await meaning?.queryVector(query.text);
      const { candidates, terms, isByMeaning } = await client.call('search', {
        query: { ...query, limit: query.limit + spareHits },
        vector,
      });
      const hits = await Promise.all(candidates.map((candidate) => showHit(vault, candidate, terms)));
      return {
        hits: hits.filter((hit) => hit !== undefined).slice(0, query.limit),
        status: status(),
        ...(meaning === undefined ? {} : { isByMeaning: isByMeaning === true }),
      };
    },
    reindex() {
      if (!isReady) return Promise.resolve(undefined);
      rebuilding ??= rebuild().finally(() => {
        rebuilding = undefined;
      });
      return rebuilding;
    },
    noteChanged: (path) => feed.changed(path, { isUrgent: true }),
    status,
    async close() {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(saveTimer);
      clearTimeout(restartTimer);
      sync.close();
      await feed.close();
      if (client.isRunning()) await save();
      await meaning?.close();
      await client.close();
    },
  };
}

/** More than asked for, as a note may be gone by the time its passage is read. */
const spareHits = 2;

/** Reads the passage from the note as it is now; undefined when it is gone. */
async function showHit(vault: Vault, candidate: Candidate, terms: readonly string[]): Promise<SearchHit | undefined> {
  const note = await vault.read(candidate.path).catch(() => undefined);
  if (note === undefined) return undefined;
  const chunks = splitChunks(note.text);
  const chunk = chunks.find(({ ordinal }) => ordinal === candidate.ordinal) ?? chunks[0];
  if (chunk === undefined) return undefined;
  const passage = cutPassage(chunk, terms);
  return { path: note.path, title: note.metadata.title, section: chunk.heading, score: candidate.score, ...passage };
}

function vectorSettings(root: string, cachePath: string | undefined, embeddings: EmbeddingsOptions | undefined) {
  if (embeddings === undefined) return undefined;
  const source = createHash('sha256').update(JSON.stringify([root, embeddings.url, embeddings.model]));
  return { cachePath: cachePath === undefined ? undefined : `${cachePath}.vectors`, source: source.digest('hex') };
}

/** A file in the vault would be synchronised, committed and watched with the notes. */
async function cacheOutside(vault: Vault, path: string | undefined, log: Log): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const folder = resolve(dirname(path));
  const fromVault = relative(vault.root, await realpath(folder).catch(() => folder));
  const isInside = fromVault !== '..' && !fromVault.startsWith('../') && !fromVault.startsWith('..\\');
  if (!isInside) return path;
  log.warn('the search index is not kept on disk: its path is inside the vault', { path });
  return undefined;
}
