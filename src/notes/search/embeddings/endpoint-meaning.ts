import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from 'node-sqlite3-wasm';
import { dropOldest } from '../../../drop-oldest.js';
import { cutText } from '../../../foreign-text.js';
import type { Log } from '../../../log.js';
import type { NoteText } from '../note-parts.js';
import type { ReadSpan } from '../search.js';
import { quantise } from '../section-vectors.js';
import { type EmbeddingsOptions, resolveEndpoint } from './endpoint.js';
import { createOutages, type Use } from './outages.js';
import { prefixesOf } from './prefixes.js';
import { EmbeddingError, requestVectors, type Vectors } from './request-vectors.js';

export type { EmbeddingsOptions };

/** Has the notes' parts embedded by an endpoint, in the background, and queries. */
export interface EndpointMeaning {
  /** Names endpoint, model and prefixes; vectors of another source say nothing. */
  readonly source: string;
  /** There may be notes without vectors. */
  wake(): void;
  /** A note is removed or rewritten. Vectors of unchanged text need not be requested again. */
  remember(note: NoteText, vectors: Uint8Array): void;
  /** Returns the query's vector, or undefined when the endpoint does not give it within 2 s; never rejects. */
  queryVector(text: string): Promise<Float32Array | undefined>;
  /** Ends requests. */
  close(): Promise<void>;
}

export interface EndpointMeaningOptions {
  readonly db: Database;
  readonly readSpan: ReadSpan;
  readonly log: Log;
  readonly embeddings: EmbeddingsOptions;
  /** Makes a note's new vectors count in searches. */
  readonly put: (noteId: number, note: NoteText, vectors: Uint8Array) => void;
  /** The database has no more vectors of the endpoint. */
  readonly forget: () => void;
}

interface PendingNote {
  readonly id: number;
  readonly note: NoteText;
  readonly texts: readonly string[];
  readonly keys: readonly string[];
}

const timeoutsMs: Readonly<Record<Use, number>> = { query: 2000, notes: 30_000 };
const textsAtOnce = 32;
const notesAtOnce = 8;
/** Changes often come together. */
const gatherMs = 100;
/** About 500 tokens of English, which even small models take. */
const maxTextLength = 2000;
const maxRemembered = 5000;

export function createEndpointMeaning(options: EndpointMeaningOptions): EndpointMeaning {
  const { db, readSpan, log, embeddings, put, forget } = options;
  const endpoint = resolveEndpoint(embeddings.url);
  const prefixes = embeddings.prefixes ?? prefixesOf(embeddings.model);
  const outages = createOutages(log, endpoint.url.origin + endpoint.url.pathname);
  const closing = new AbortController();
  const requests = new Set<AbortController>();
  let known = new Map<string, Int8Array>();
  let dimensions: number | undefined;
  let isWanted = false;
  let running: Promise<void> | undefined;
  /** Notes of which the endpoint takes nothing, as they are kept. */
  const refused = new Map<number, string>();

  function wake(): void {
    isWanted = true;
    if (!closing.signal.aborted) running ??= run();
  }

  async function run(): Promise<void> {
    while (isWanted && !closing.signal.aborted) {
      await sleep(Math.max(gatherMs, outages.pauseMs('notes')), undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) break;
      isWanted = false;
      try {
        while (!closing.signal.aborted && (await embedSome()));
      } catch (error) {
        if (closing.signal.aborted) break;
        if (error instanceof EmbeddingError) {
          outages.failed('notes', error.message);
          isWanted = true;
        } else log.error('the notes could not be embedded', { reason: String(error) });
      }
    }
    running = undefined;
  }

  /** Embeds a few notes without vectors; false when there are none. */
  async function embedSome(): Promise<boolean> {
    const rows = db.all('SELECT id, sections FROM search_notes WHERE vectors IS NULL LIMIT ?', [
      notesAtOnce + refused.size,
    ]);
    const pending = rows.filter((row) => refused.get(Number(row['id'])) !== row['sections']).map(readNote);
    if (pending.length === 0) return false;
    const texts = new Map(
      pending.flatMap(({ keys, texts: own }) => keys.map((key, at) => [key, own[at] ?? ''] as const)),
    );
    const before = known;
    const unknown = [...texts].filter(([key]) => !known.has(key));
    for (let at = 0; at < unknown.length; at += textsAtOnce) await embedTexts(unknown.slice(at, at + textsAtOnce));
    if (known === before) for (const { id, note, keys } of pending) keep(id, note, keys);
    return true;
  }

  /** Vectors of the model that was behind the endpoint before say nothing beside those of another one. */
  function startOver(): void {
    known = new Map();
    refused.clear();
    db.run('UPDATE search_notes SET vectors = NULL WHERE vectors IS NOT NULL');
    forget();
    wake();
  }

  function keptDimensions(): number | undefined {
    const row = db.get('SELECT sections, vectors FROM search_notes WHERE vectors IS NOT NULL LIMIT 1');
    if (row === null) return undefined;
    const { parts } = JSON.parse(String(row['sections'])) as NoteText;
    return (row['vectors'] as Uint8Array).length / parts.length;
  }

  function readNote(row: Readonly<Record<string, unknown>>): PendingNote {
    const id = Number(row['id']);
    const note = JSON.parse(String(row['sections'])) as NoteText;
    const texts = note.parts.map(([, , start, end]) => {
      const text = readSpan(id, start, end) ?? '';
      return `${prefixes.passage}${cutText(`${note.title}\n\n${text}`.trim(), maxTextLength)}`;
    });
    return { id, note, texts, keys: texts.map(keyOf) };
  }

  /** Keeps a note's vectors, unless it was rewritten meanwhile. */
  function keep(id: number, note: NoteText, keys: readonly string[]): void {
    const vectors = keys.map((key) => known.get(key));
    const dimensions = vectors.find((vector) => vector !== undefined)?.length ?? 0;
    if (dimensions === 0) {
      refused.set(id, JSON.stringify(note));
      return;
    }
    const bytes = new Uint8Array(keys.length * dimensions);
    vectors.forEach((vector, at) => {
      if (vector?.length === dimensions)
        bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, dimensions), at * dimensions);
    });
    const { changes } = db.run(
      'UPDATE search_notes SET vectors = ?, sections = ? WHERE id = ? AND vectors IS NULL AND sections = ?',
      [bytes, JSON.stringify({ ...note, keys }), id, JSON.stringify(note)],
    );
    if (changes > 0) put(id, note, bytes);
    for (const key of keys) known.delete(key);
  }

  async function embedTexts(entries: readonly (readonly [string, string])[]): Promise<void> {
    const begin = performance.now();
    let vectors: Vectors;
    try {
      vectors = await ask(
        'notes',
        entries.map(([, text]) => text),
      );
    } catch (error) {
      if (!(error instanceof EmbeddingError && error.isRefusal)) throw error;
      await embedRefused(entries);
      return;
    }
    const { dimensions, values } = vectors;
    entries.forEach(([key], at) => {
      learn(key, quantise(values.subarray(at * dimensions, (at + 1) * dimensions)).values);
    });
    outages.answered('notes', performance.now() - begin < timeoutsMs.query);
  }

  /** One text that an endpoint does not take must not keep out the others. */
  async function embedRefused(entries: readonly (readonly [string, string])[]): Promise<void> {
    const half = entries.length >> 1;
    if (half > 0) {
      await embedTexts(entries.slice(0, half));
      await embedTexts(entries.slice(half));
      return;
    }
    await ask('notes', ['word']);
    log.warn('the embeddings endpoint refuses a section; it is searched without the model');
  }

  function learn(key: string, vector: Int8Array): void {
    known.set(key, vector);
    dropOldest(known, maxRemembered);
  }

  async function ask(use: Use, texts: readonly string[]): Promise<Vectors> {
    const request = new AbortController();
    const timer = setTimeout(() => request.abort(), timeoutsMs[use]);
    requests.add(request);
    try {
      const { model, apiKey } = embeddings;
      const vectors = await requestVectors({ endpoint, model, apiKey, texts, signal: request.signal });
      dimensions ??= keptDimensions() ?? vectors.dimensions;
      if (vectors.dimensions === dimensions) return vectors;
      dimensions = vectors.dimensions;
      startOver();
      throw new EmbeddingError('its vectors are longer or shorter than before; all notes are embedded again');
    } finally {
      clearTimeout(timer);
      requests.delete(request);
    }
  }

  return {
    source: JSON.stringify([endpoint.url.href, embeddings.model, prefixes]),
    wake,
    remember({ parts, keys }, bytes) {
      const dimensions = bytes.length / Math.max(1, parts.length);
      keys?.forEach((key, at) => {
        learn(key, new Int8Array(bytes.slice(at * dimensions, (at + 1) * dimensions).buffer));
      });
    },
    async queryVector(text) {
      const asked = cutText(text.trim(), maxTextLength);
      if (asked === '' || closing.signal.aborted || outages.pauseMs('query') > 0) return undefined;
      try {
        const { values } = await ask('query', [prefixes.query + asked]);
        outages.answered('query', true);
        return values;
      } catch (error) {
        if (!(error instanceof EmbeddingError)) throw error;
        if (!closing.signal.aborted) outages.failed('query', error.message);
        return undefined;
      }
    },
    async close() {
      closing.abort();
      for (const request of requests) request.abort();
      await running;
    },
  };
}

function keyOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
