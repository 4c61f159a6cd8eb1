import type { Database } from 'node-sqlite3-wasm';
import type { Log } from '../../log.js';
import { analyse, type PlacedWord } from './analyser.js';
import { embedQuery, partEmbedder } from './built-in-meaning.js';
import { CentredVectors } from './centred-vectors.js';
import { cutSections, type SearchSection } from './cut-sections.js';
import { createEndpointMeaning, type EmbeddingsOptions, type EndpointMeaning } from './embeddings/endpoint-meaning.js';
import { type Candidate, fuse } from './fuse.js';
import { nearnessBy } from './nearness.js';
import { type NoteText, sectionSpan, toNoteText } from './note-parts.js';
import { parseQuery } from './parse-query.js';
import { cutPassage } from './passage.js';
import { rankWords, type WordRanking } from './rank-words.js';
import type { NoteSearch, ReadSpan, SearchAnswer, SearchableNote, SearchHit, SearchQuery } from './search.js';
import { SectionVectors } from './section-vectors.js';
import { ordinalOf, sectionId } from './tables.js';
import { loadWordVectors, type WordVectors } from './word-vectors.js';
import { insertWords, wordWriter } from './write-words.js';

export { createSearchTables } from './tables.js';
export type { EmbeddingsOptions };

export interface NoteSearchOptions {
  readonly db: Database;
  readonly readSpan: ReadSpan;
  readonly log: Log;
  /** Whether the built-in word vectors are used; on by default. */
  readonly meaning?: 'on' | 'off' | undefined;
  /** Their model counts more than the built-in word vectors. */
  readonly embeddings?: EmbeddingsOptions | undefined;
}

/** Raised when the tables or their content change. The catalogue is then rebuilt. */
export const searchVersion = 6;

/** Opens the index in a database that has the tables. */
export function openNoteSearch({ db, readSpan, log, meaning, embeddings }: NoteSearchOptions): NoteSearch {
  const table = meaning === 'off' ? undefined : loadTable(log);
  const endpoint: EndpointMeaning | undefined =
    embeddings && createEndpointMeaning({ db, readSpan, log, embeddings, put: putModelVectors, forget: load });
  let builtIn = table && new SectionVectors(table.dimensions);
  let model: SectionVectors | undefined;
  let sections = 0;
  let refill: NodeJS.Immediate | undefined;
  let isLoaded = false;
  const insert = db.prepare(insertWords);
  const insertNote = db.prepare('INSERT INTO search_notes (id, sections, built_in) VALUES (?, ?, ?)');
  const selectNote = db.prepare('SELECT sections, vectors FROM search_notes WHERE id = ?');
  const selectSections = db.prepare('SELECT sections FROM search_notes WHERE id = ?');
  keepSources();
  load();

  /** Vectors of another table or model cannot be used: they are computed again. */
  function keepSources(): void {
    for (const [column, source] of [
      ['built_in', table?.version ?? ''],
      ['vectors', endpoint?.source ?? ''],
    ] as const) {
      const known = db.get('SELECT value FROM search_about WHERE name = ?', [column])?.['value'];
      if (known === source) continue;
      db.run(`UPDATE search_notes SET ${column} = NULL WHERE ${column} IS NOT NULL`);
      db.run('INSERT OR REPLACE INTO search_about VALUES (?, ?)', [column, source]);
    }
  }

  function load(): void {
    // Where FTS5 keeps a row for each of its own, which are slow to count.
    sections = Number(db.get('SELECT count(*) AS count FROM search_words_docsize')?.['count'] ?? 0);
    builtIn = table && new SectionVectors(table.dimensions);
    model = undefined;
    isLoaded = false;
    if (endpoint !== undefined) loadVectors();
  }

  /** Lists need no vectors: they are read before the first search or change. */
  function loadVectors(): void {
    if (isLoaded || (table === undefined && endpoint === undefined)) return;
    isLoaded = true;
    const select = db.prepare(
      'SELECT id, sections, built_in, vectors FROM search_notes WHERE built_in IS NOT NULL OR vectors IS NOT NULL',
    );
    try {
      for (const row of select.iterate()) {
        const [id, note] = [Number(row['id']), noteText(row['sections'])];
        if (builtIn !== undefined && row['built_in'] !== null) put(builtIn, id, note, row['built_in'] as Uint8Array);
        if (row['vectors'] !== null) putModelVectors(id, note, row['vectors'] as Uint8Array);
      }
    } finally {
      select.finalize();
    }
  }

  function putModelVectors(noteId: number, note: NoteText, bytes: Uint8Array): void {
    const dimensions = bytes.length / Math.max(1, note.parts.length);
    if (model === undefined || model.size === 0) model = new CentredVectors(dimensions);
    if (dimensions === model.dimensions) put(model, noteId, note, bytes);
  }

  function removeNote(noteId: number): void {
    loadVectors();
    const row = selectNote.get([noteId]);
    if (row === null) return;
    const note = noteText(row['sections']);
    const bytes = row['vectors'] as Uint8Array | null;
    if (bytes !== null) endpoint?.remember(note, bytes);
    const [from, to] = [sectionId(noteId, 0), sectionId(noteId + 1, 0) - 1];
    db.run('DELETE FROM search_words WHERE rowid BETWEEN ? AND ?', [from, to]);
    db.run('DELETE FROM search_notes WHERE id = ?', [noteId]);
    sections -= note.headings.length;
    builtIn?.remove(noteId);
    model?.remove(noteId);
  }

  /** Reads each section once, for its words and for the vectors of its parts. */
  function writeSections(noteId: number, note: SearchableNote, cut: readonly SearchSection[], kept: NoteText) {
    const embed = table && partEmbedder(table, kept);
    const vectors: Int8Array<ArrayBuffer>[] = [];
    const write = wordWriter(insert, noteId, note);
    let part = 0;
    cut.forEach((section, ordinal) => {
      const words = analyse(note.text.slice(section.start, section.end));
      write(ordinal, section, words);
      for (let first = 0; kept.parts[part]?.[0] === ordinal; part++) {
        const end = (kept.parts[part]?.[3] ?? 0) - section.start;
        const last = endOf(words, end, first);
        if (embed !== undefined) vectors.push(embed(ordinal, words.slice(first, last)));
        first = last;
      }
    });
    return vectors;
  }

  /** Embeds notes that have no vectors, as after a change of the table, a few at a time. */
  function fillVectors(words: WordVectors): void {
    refill = undefined;
    const rows = db.all('SELECT id, sections FROM search_notes WHERE built_in IS NULL LIMIT 20');
    if (rows.length > 0) loadVectors();
    for (const row of rows) {
      const note = noteText(row['sections']);
      const embed = partEmbedder(words, note);
      const vectors = note.parts.map(([ordinal, , start, end]) =>
        embed(ordinal, analyse(readSpan(Number(row['id']), start, end) ?? '')),
      );
      const bytes = joined(vectors);
      db.run('UPDATE search_notes SET built_in = ? WHERE id = ?', [bytes, Number(row['id'])]);
      if (builtIn !== undefined) put(builtIn, Number(row['id']), note, bytes);
    }
    if (rows.length > 0) refill = setImmediate(fillVectors, words);
  }

  function find(query: SearchQuery, modelVector: Float32Array | undefined): SearchAnswer {
    loadVectors();
    const parsed = parseQuery(query.text);
    const words = rankWords(db, parsed, sections, (folded) => table?.has(folded) ?? false);
    const tableQuery = table && embedQuery(table, parsed.text, words);
    const near = nearnessBy(
      modelVector && model?.dimensions === modelVector.length ? { vectors: model, query: modelVector } : undefined,
      tableQuery && builtIn && { vectors: builtIn, ...tableQuery },
    );
    const candidates = fuse(words, near, {
      limit: query.limit,
      perNote: query.perNote ?? 1,
      isAllowed: query.isAllowed ?? (() => true),
    });
    const hits = candidates.flatMap((candidate) => showHit(candidate, words, near !== undefined));
    const isByMeaning = table === undefined && endpoint === undefined ? undefined : near !== undefined;
    return { hits, isByMeaning };
  }

  function showHit(candidate: Candidate, words: WordRanking, isByMeaning: boolean): SearchHit[] {
    const { noteId, id, part, score, cosine } = candidate;
    const row = selectSections.get([noteId]);
    if (row === null) return [];
    const note = noteText(row['sections']);
    const ordinal = ordinalOf(id);
    // A chance word says less than what the section begins with.
    const hasWords = part < 0 || candidate.words >= 0.15 || (words.coverage.get(id) ?? 0) >= 0.5;
    const nearest = note.parts[part];
    const span =
      hasWords || nearest === undefined
        ? sectionSpan(note, ordinal)
        : { line: nearest[1], start: nearest[2], end: nearest[3] };
    if (span === undefined) return [];
    const text = readSpan(noteId, span.start, span.end) ?? '';
    const passage = cutPassage(text, span.line, hasWords ? words.terms : new Map());
    const by = !hasWords ? 'meaning' : isByMeaning && cosine >= 0.3 ? 'both' : 'words';
    return [{ noteId, section: note.headings[ordinal]?.at(-1) ?? '', score, by, ...passage }];
  }

  return {
    writeNote(noteId, note) {
      removeNote(noteId);
      const cut = cutSections(note);
      if (cut.length === 0) return;
      const kept = toNoteText(note, cut);
      const written = writeSections(noteId, note, cut, kept);
      const bytes = table && joined(written);
      sections += cut.length;
      insertNote.run([noteId, JSON.stringify(kept), bytes ?? null]);
      if (builtIn !== undefined && bytes !== undefined) put(builtIn, noteId, kept, bytes);
    },
    removeNote,
    wake() {
      endpoint?.wake();
      if (table !== undefined) refill ??= setImmediate(fillVectors, table);
    },
    async search(query) {
      const vector = await endpoint?.queryVector(parseQuery(query.text).text);
      return find(query, vector);
    },
    status: () => ({
      sections,
      get withVectors() {
        loadVectors();
        return (endpoint === undefined ? builtIn : model)?.size ?? 0;
      },
    }),
    async close() {
      if (refill !== undefined) clearImmediate(refill);
      await endpoint?.close();
      for (const statement of [insert, insertNote, selectNote, selectSections]) statement.finalize();
    },
  };
}

function put(vectors: SectionVectors, noteId: number, { parts }: NoteText, bytes: Uint8Array): void {
  const values = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  vectors.put(
    noteId,
    values,
    parts.map(([section]) => section),
  );
}

/** The vectors one after the other. */
function joined(vectors: readonly Int8Array<ArrayBuffer>[]): Uint8Array {
  return new Uint8Array(Buffer.concat(vectors.map(({ buffer }) => new Uint8Array(buffer))));
}

/** The place of the first word, from `first` on, that begins at or after an offset. */
function endOf(words: readonly PlacedWord[], offset: number, first: number): number {
  let at = first;
  while (at < words.length && (words[at]?.start ?? 0) < offset) at++;
  return at;
}

function noteText(json: unknown): NoteText {
  return JSON.parse(String(json)) as NoteText;
}

/** Search goes on by words when the table is missing or damaged. */
function loadTable(log: Log): WordVectors | undefined {
  try {
    return loadWordVectors();
  } catch (error) {
    log.warn('the built-in word vectors cannot be read; search works by words only', { reason: String(error) });
    return undefined;
  }
}
