import type { Stats } from 'node:fs';
import type { JSValue } from 'node-sqlite3-wasm';
import { domainOf, foldPath, isCanvasName, isMarkdownName, noteName } from '../files/note-path.js';
import type { StoredFile } from '../files/stored-file.js';
import type { ParsedNote } from '../markdown/note.js';
import type { NoteSearch } from '../search/search.js';
import type { CanvasLink } from './canvas.js';
import { createResolver, type FileLookup, nameKey, type Resolver, styleOf } from './resolver.js';
import type { Sql } from './sql.js';

export const fileKinds = { attachment: 0, note: 1, canvas: 2 } as const;

export interface FileEntry {
  readonly path: string;
  readonly isListed: boolean;
  /** See `stampOf`; empty: look again. */
  readonly stamp: string;
}

/** A file as its row says. */
export interface KnownFile {
  readonly id: number;
  readonly kind: number;
  /** 0 or 1. */
  readonly listed: number;
  readonly stamp: string;
  readonly hash: string | null;
}

const knownColumns = 'id, kind, listed, stamp, hash';
/** A page of a thousand notes goes to the other thread at once. */
const shownTags = 20;
const shownAliases = 20;
const maxValueCharacters = 200;

/** The tables of the vault's files, written in the caller's transaction. */
export class Catalogue {
  readonly sql: Sql;
  readonly search: NoteSearch;
  readonly lookup: FileLookup;

  constructor(sql: Sql, search: NoteSearch) {
    this.sql = sql;
    this.search = search;
    const paths = (rows: readonly { path: string }[]) => rows.map(({ path }) => path);
    this.lookup = {
      at: (key) => paths(sql.all('SELECT path FROM files WHERE path_key = ? ORDER BY path', [key])),
      named: (key) => paths(sql.all('SELECT path FROM files WHERE name_key = ?', [key])),
    };
  }

  /** A new one for each call: it remembers what it found. */
  resolver(): Resolver {
    return createResolver(this.lookup);
  }

  find(path: string): KnownFile | undefined {
    return this.sql.get<KnownFile>(`SELECT ${knownColumns} FROM files WHERE path = ?`, [path]);
  }

  pathOf(id: number): string | undefined {
    return this.sql.get<{ path: string }>('SELECT path FROM files WHERE id = ?', [id])?.path;
  }

  /** Every file, by its path. */
  all(): Map<string, KnownFile> {
    const rows = this.sql.all<KnownFile & { path: string }>(`SELECT path, ${knownColumns} FROM files`);
    return new Map(rows.map((row) => [row.path, row]));
  }

  /** The file was looked at, and is as it is known. */
  confirm(id: number, stamp: string, { mtimeMs }: Stats): void {
    this.sql.run('UPDATE files SET stamp = ?, modified_ms = ? WHERE id = ?', [stamp, mtimeMs, id]);
  }

  /** The file is read again, whatever is known of it. */
  forget(id: number): void {
    this.sql.run("UPDATE files SET hash = NULL, stamp = '' WHERE id = ?", [id]);
  }

  writeNote(entry: FileEntry, { hash, stats }: Pick<StoredFile, 'hash' | 'stats'>, note: ParsedNote): void {
    const { path } = entry;
    const title = note.title ?? noteName(path);
    const cut = (value: string | undefined) => value?.slice(0, maxValueCharacters) ?? null;
    const status = cut(note.status);
    const id = this.#write(entry, fileKinds.note, {
      ...withoutContent(path, stats),
      hash,
      title: title.slice(0, 300),
      status,
      status_key: status && foldPath(status),
      created: cut(note.created),
      updated: cut(note.updated),
      link_count: note.links.length,
      lists: JSON.stringify([note.tags.slice(0, shownTags).map(cut), note.aliases.slice(0, shownAliases).map(cut)]),
      problem_code: note.problem?.code ?? null,
      problem: note.problem?.message.slice(0, 1000) ?? null,
    });
    for (const tag of note.tags) this.sql.run('INSERT OR IGNORE INTO tags VALUES (?, ?, ?)', [id, foldPath(tag), tag]);
    for (const [key, values] of note.properties) {
      for (const text of values.map((value) => String(value ?? '').slice(0, maxValueCharacters))) {
        // `5.0` can be asked for as 5 too.
        const isNumber = /^[-+.]?\d/.test(text) && Number.isFinite(Number(text));
        for (const form of isNumber ? [text, String(Number(text))] : [text]) {
          this.sql.run('INSERT OR IGNORE INTO properties VALUES (?, ?, ?)', [id, foldPath(key), foldPath(form)]);
        }
      }
    }
    this.#writeLinks(
      id,
      note.links.map(({ kind, target, anchor, line }) => ({ style: styleOf(kind), target, anchor, line })),
    );
    if (entry.isListed) this.search.writeNote(id, { ...note, path, title });
    else this.search.removeNote(id);
  }

  /** A note or canvas that was found and not read yet, or cannot be read: it is known by its name. */
  writeUnread(entry: FileEntry, kind: number, stats: Stats, problem?: { code: string; message: string }): void {
    const columns = problem && { problem_code: problem.code, problem: problem.message.slice(0, 1000) };
    this.search.removeNote(this.#write(entry, kind, { ...withoutContent(entry.path, stats), ...columns }));
  }

  writeCanvas(entry: FileEntry, hash: string, links: readonly CanvasLink[]): void {
    const columns = { hash, link_count: links.length, problem_code: null, problem: null };
    this.#writeLinks(this.#write(entry, fileKinds.canvas, columns), links);
  }

  writeAttachment(entry: FileEntry): void {
    this.#write(entry, fileKinds.attachment, {});
  }

  remove(path: string): void {
    const file = this.find(path);
    if (file === undefined) return;
    this.#clear(file.id);
    if (file.kind === fileKinds.note) this.search.removeNote(file.id);
    this.sql.run('DELETE FROM files WHERE id = ?', [file.id]);
  }

  /** Writes the row of a file, whose columns that are not given stay, and takes off what else was known of it. */
  #write({ path, isListed, stamp }: FileEntry, kind: number, columns: Readonly<Record<string, JSValue>>): number {
    const changing = { kind, listed: Number(isListed), stamp, ...columns };
    const row = { path, path_key: foldPath(path), name_key: nameKey(path), ...changing };
    const names = Object.keys(row);
    const updates = Object.keys(changing).map((name) => `${name} = excluded.${name}`);
    // Not RETURNING: SQLite makes a savepoint for it, at which FTS5 writes all that it holds back to the tables.
    this.sql.run(
      `INSERT INTO files (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
       ON CONFLICT (path) DO UPDATE SET ${updates.join(', ')}`,
      Object.values(row),
    );
    const id = this.sql.number('SELECT id FROM files WHERE path = ?', [path]);
    this.#clear(id);
    return id;
  }

  #writeLinks(id: number, links: readonly { style: string; target: string; anchor: string; line: number }[]): void {
    for (const [number, { style, target, anchor, line }] of links.entries()) {
      if (target === '') continue;
      const values = [id, number, style, target, anchor, line, nameKey(target)];
      this.sql.run('INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?)', values);
    }
  }

  #clear(id: number): void {
    for (const table of ['tags', 'properties', 'links']) this.sql.run(`DELETE FROM ${table} WHERE file_id = ?`, [id]);
  }
}

/** What the name and the disk say of a note. */
function withoutContent(path: string, stats: Stats): Readonly<Record<string, JSValue>> {
  const domain = domainOf(path);
  return {
    hash: null,
    size: stats.size,
    modified_ms: stats.mtimeMs,
    title: noteName(path),
    domain,
    domain_key: foldPath(domain),
    status: null,
    status_key: null,
    created: null,
    updated: null,
    link_count: 0,
    lists: '[[],[]]',
    problem_code: null,
    problem: null,
  };
}

/** Whether the path's content is read, and as what. */
export function kindOfPath(path: string): number {
  if (isMarkdownName(path)) return fileKinds.note;
  return isCanvasName(path) ? fileKinds.canvas : fileKinds.attachment;
}
