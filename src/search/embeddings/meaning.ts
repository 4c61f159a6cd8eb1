import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.js';
import type { Vault } from '../../vault/vault.js';
import { SearchError } from '../errors.js';
import type { IndexClient } from '../index-client.js';
import { describe } from '../note-feed.js';
import { type EmbeddingsOptions, resolveEndpoint } from './endpoint.js';
import { createOutages, type Use } from './outages.js';
import { EmbeddingError, requestVectors, type Vectors } from './request-vectors.js';
import { maxTextLength, readSections, type Section, trimText } from './sections.js';

/** Has the index's notes embedded, and queries. */
export interface Meaning {
  /** Embeds what this index has, which is complete, so that other notes' vectors may go; the one before is gone. */
  start(client: IndexClient): void;
  /** The index changed. */
  wake(): void;
  /** Returns the query's vector, or undefined when the endpoint does not give it within 2 s; never rejects. */
  queryVector(text: string): Promise<Float32Array | undefined>;
  /** Ends requests and keeps the vectors on disk. */
  close(): Promise<void>;
}

export interface MeaningOptions {
  readonly vault: Vault;
  readonly embeddings: EmbeddingsOptions;
  readonly log: Log;
}

const timeoutsMs: Readonly<Record<Use, number>> = { query: 2000, notes: 30_000 };
const textsAtOnce = 32;
const notesAtOnce = 8;
/** Changes often come together. */
const gatherMs = 100;

export function createMeaning({ vault, embeddings, log }: MeaningOptions): Meaning {
  const endpoint = resolveEndpoint(embeddings.url);
  const outages = createOutages(log, endpoint.url.origin + endpoint.url.pathname);
  const closing = new AbortController();
  const requests = new Set<AbortController>();
  let client: IndexClient | undefined;
  let isWanted = false;
  let isFullTold = false;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (isWanted) {
      const ms = Math.max(gatherMs, outages.pauseMs('notes'));
      await sleep(ms, undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) break;
      isWanted = false;
      try {
        if (client !== undefined) await embedChanged(client);
      } catch (error) {
        if (error instanceof EmbeddingError) {
          fail('notes', error);
          isWanted = true;
        } else if (!(error instanceof SearchError)) {
          log.error('the notes could not be embedded', { reason: describe(error) });
        }
      }
    }
    running = undefined;
  }

  async function embedChanged(index: IndexClient): Promise<void> {
    const { paths, isFull } = await index.call('toEmbed', undefined);
    if (isFull) return tellFull();
    for (let at = 0; at < paths.length && !closing.signal.aborted; at += notesAtOnce) {
      const isRoom = await embedNotes(index, paths.slice(at, at + notesAtOnce));
      if (!isRoom) return tellFull();
    }
  }

  function tellFull(): void {
    if (!isFullTold) log.warn('there are too many notes to embed them all, the rest is found by words');
    isFullTold = true;
  }

  /** False when there is no room for their vectors. */
  async function embedNotes(index: IndexClient, paths: readonly string[]): Promise<boolean> {
    const read = await Promise.all(paths.map((path) => readSections(vault, path, embeddings)));
    const notes = read.filter((note) => note !== undefined);
    const byKey = new Map(notes.flatMap(({ sections }) => sections.map((section) => [section.key, section] as const)));
    const unknown = new Set(await index.call('unknownVectors', { keys: [...byKey.keys()] }));
    const sections = [...byKey.values()].filter(({ key }) => unknown.has(key));
    for (let at = 0; at < sections.length; at += textsAtOnce) {
      if (!(await embedSections(index, sections.slice(at, at + textsAtOnce)))) return false;
    }
    await index.call('putEmbedded', {
      notes: notes.map(({ path, hash, sections: own }) => ({
        path,
        hash,
        chunks: own.map(({ ordinal, key }) => ({ ordinal, key })),
      })),
    });
    return true;
  }

  async function embedSections(index: IndexClient, sections: readonly Section[]): Promise<boolean> {
    const begin = performance.now();
    let vectors: Vectors;
    try {
      vectors = await ask(
        'notes',
        sections.map(({ text }) => text),
      );
    } catch (error) {
      if (!(error instanceof EmbeddingError && error.isRefusal)) throw error;
      return await embedRefused(index, sections);
    }
    const outcome = await index.call('putVectors', { keys: sections.map(({ key }) => key), vectors });
    if (outcome === 'other length') {
      throw new EmbeddingError('its vectors have another length than those kept: remove the .vectors file and restart');
    }
    outages.answered('notes', performance.now() - begin < timeoutsMs.query);
    return outcome === 'taken';
  }

  /** One text that an endpoint does not take must not keep out the others. */
  async function embedRefused(index: IndexClient, sections: readonly Section[]): Promise<boolean> {
    const half = sections.length >> 1;
    if (half > 0) {
      return (
        (await embedSections(index, sections.slice(0, half))) && (await embedSections(index, sections.slice(half)))
      );
    }
    await ask('notes', ['word']);
    log.warn('the embeddings endpoint refuses a section, which is found by words only', { path: sections[0]?.path });
    return true;
  }

  async function ask(use: Use, texts: readonly string[]): Promise<Vectors> {
    const request = new AbortController();
    const timer = setTimeout(() => request.abort(), timeoutsMs[use]);
    requests.add(request);
    try {
      const { model, apiKey } = embeddings;
      return await requestVectors({ endpoint, model, apiKey, texts, signal: request.signal });
    } finally {
      clearTimeout(timer);
      requests.delete(request);
    }
  }

  function fail(use: Use, error: EmbeddingError): void {
    if (!closing.signal.aborted) outages.failed(use, error.message);
  }

  function wake(): void {
    isWanted = true;
    if (!closing.signal.aborted) running ??= run();
  }

  return {
    start(newClient) {
      client = newClient;
      wake();
    },
    wake,
    async queryVector(text) {
      const asked = trimText(text, maxTextLength);
      if (asked === '' || closing.signal.aborted || outages.pauseMs('query') > 0) return undefined;
      try {
        const { values } = await ask('query', [asked]);
        outages.answered('query', true);
        return values;
      } catch (error) {
        if (!(error instanceof EmbeddingError)) throw error;
        fail('query', error);
        return undefined;
      }
    },
    async close() {
      closing.abort();
      for (const request of requests) request.abort();
      await running;
      if (client?.isRunning()) await client.call('saveVectors', undefined).catch(tellUnsaved);
    },
  };

  function tellUnsaved(error: unknown): void {
    log.warn('the vectors of the notes could not be kept on disk', { reason: describe(error) });
  }
}
