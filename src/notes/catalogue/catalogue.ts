import type { Stats } from 'node:fs';
import type { JSValue } from 'node-sqlite3-wasm';
import { folderOf, foldPath, isMarkdownName, nameOf } from '../files/note-path.js';
import type { ParsedNote } from '../markdown/note.js';
import type { NoteSearch } from '../search/search.js';
import type { CanvasLink } from './canvas.js';
import { createResolver, type FileLookup, nameKey, type Resolver, styleOf } from './resolver.js';
import type { Sql } from './sql.js';

export const fileKinds = { attachment: 0, note: 1, canvas: 2 } as const;

/** What is known of a file before its content is. */
export interface FileEntry {
  readonly path: string;
  readonly isListed: boolean;
  /** See `stampOf`; empty: look again. */
  readonly stamp: string;
}

export interface NoteEntry extends FileEntry {
  readonly hash: string;
  readonly stats: Stats;
  readonly note: ParsedNote;
}

export interface KnownFile {
  readonly id: number;
  readonly kind: number;
  readonly isListed: boolean;
  readonly stamp: string;
  readonly hash: string | undefined;
}

const statusGroups = new Set(['Active', 'Pending', 'Paused', 'Done']);
const shownTags = 50;
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
    const row = this.sql.get<FileRow>('SELECT id, kind, listed, stamp, hash FROM files WHERE path = ?', [path]);
    return row && knownFile(row);
  }

  pathOf(id: number): string | undefined {
    return this.sql.get<{ path: string }>('SELECT path FROM files WHERE id = ?', [id])?.path;
  }

  /** Every file, by its path. */
  all(): Map<string, KnownFile> {
    const rows = this.sql.all<FileRow & { path: string }>('SELECT id, path, kind, listed, stamp, hash FROM files');
    return new Map(rows.map((row) => [row.path, knownFile(row)]));
  }

  /** The file was looked at, and is as it is known. */
  confirm(id: number, stamp: string, { mtimeMs }: Stats): void {
    this.sql.run('UPDATE files SET stamp = ?, modified_ms = ? WHERE id = ?', [stamp, mtimeMs, id]);
  }

  /** The file is read again, whatever is known of it. */
  forget(id: number): void {
    this.sql.run("UPDATE files SET hash = NULL, stamp = '' WHERE id = ?", [id]);
  }

  /** A note that was found and not read yet is known by its name. */
  writeFound({ path, isListed }: FileEntry, stats: Stats): void {
    const id = this.#writeFile(path, isListed, '', fileKinds.note);
    this.#describe(id, { ...withoutContent(path, stats), problem_code: null, problem: null });
  }

  writeNote({ path, isListed, stamp, hash, stats, note }: NoteEntry): void {
    const id = this.#writeFile(path, isListed, stamp, fileKinds.note);
    const title = note.title ?? nameOf(path).replace(/\.md$/i, '');
    const lists = JSON.stringify([note.tags.slice(0, shownTags), note.aliases.slice(0, shownAliases)]);
    this.#describe(id, {
      ...withoutContent(path, stats),
      hash,
      title: title.slice(0, 300),
      status: note.status?.slice(0, maxValueCharacters) ?? null,
      status_key: note.status === undefined ? null : foldPath(note.status.slice(0, maxValueCharacters)),
      created: note.created?.slice(0, maxValueCharacters) ?? null,
      updated: note.updated?.slice(0, maxValueCharacters) ?? null,
      lists,
      problem_code: note.problem?.code ?? null,
      problem: note.problem?.message.slice(0, 1000) ?? null,
    });
    for (const tag of note.tags) {
      this.sql.run('INSERT OR IGNORE INTO tags VALUES (?, ?, ?)', [id, foldPath(tag), tag]);
    }
    for (const [key, values] of note.properties) {
      for (const value of values) {
        const folded = foldPath(String(value ?? '').slice(0, maxValueCharacters));
        this.sql.run('INSERT OR IGNORE INTO properties VALUES (?, ?, ?)', [id, foldPath(key), folded]);
      }
    }
    this.#writeLinks(
      id,
      note.links.map(({ kind, target, anchor, line }) => ({ style: styleOf(kind), target, anchor, line })),
    );
    if (isListed) this.search.writeNote(id, { ...searchable(note), path, title });
    else this.search.removeNote(id);
  }

  /** A note that cannot be read, for the reason given. */
  writeProblem({ path, isListed, stamp }: FileEntry, stats: Stats, code: string, message: string): void {
    const id = this.#writeFile(path, isListed, stamp, fileKinds.note);
    this.#describe(id, { ...withoutContent(path, stats), problem_code: code, problem: message.slice(0, 1000) });
    this.search.removeNote(id);
  }

  writeCanvas({ path, isListed, stamp }: FileEntry, hash: string, links: readonly CanvasLink[]): void {
    const id = this.#writeFile(path, isListed, stamp, fileKinds.canvas);
    this.sql.run('UPDATE files SET hash = ? WHERE id = ?', [hash, id]);
    this.#writeLinks(id, links);
  }

  writeAttachment({ path, isListed, stamp }: FileEntry): void {
    this.#writeFile(path, isListed, stamp, fileKinds.attachment);
  }

  remove(path: string): void {
    const file = this.find(path);
    if (file === undefined) return;
    this.#clear(file.id);
    if (file.kind === fileKinds.note) this.search.removeNote(file.id);
    this.sql.run('DELETE FROM files WHERE id = ?', [file.id]);
  }

  /** The file is looked for, and found, under its new path from now on; its content is written anew. */
  rename(from: string, to: string): void {
    this.remove(to);
    this.sql.run("UPDATE files SET path = ?, path_key = ?, name_key = ?, stamp = '' WHERE path = ?", [
      to,
      foldPath(to),
      nameKey(to),
      from,
    ]);
  }

  #writeFile(path: string, isListed: boolean, stamp: string, kind: number): number {
    const known = this.find(path);
    const listed = isListed ? 1 : 0;
    if (known !== undefined) {
      this.#clear(known.id);
      this.sql.run('UPDATE files SET listed = ?, stamp = ?, kind = ? WHERE id = ?', [listed, stamp, kind, known.id]);
      return known.id;
    }
    this.sql.run('INSERT INTO files (path, path_key, name_key, kind, listed, stamp) VALUES (?, ?, ?, ?, ?, ?)', [
      path,
      foldPath(path),
      nameKey(path),
      kind,
      listed,
      stamp,
    ]);
    return this.sql.number('SELECT last_insert_rowid()');
  }

  #describe(id: number, columns: Readonly<Record<string, JSValue>>): void {
    const names = Object.keys(columns);
    this.sql.run(`UPDATE files SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`, [
      ...Object.values(columns),
      id,
    ]);
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
  const slash = path.indexOf('/');
  const domain = slash === -1 ? 'root' : path.slice(0, slash);
  return {
    hash: null,
    size: stats.size,
    modified_ms: stats.mtimeMs,
    title: nameOf(path).replace(/\.md$/i, ''),
    domain,
    domain_key: foldPath(domain),
    status: null,
    status_key: null,
    created: null,
    updated: null,
    lists: '[[],[]]',
  };
}

/** True for one of the four groups that statuses are counted by. */
export function isStatusGroup(status: string): boolean {
  return statusGroups.has(status);
}

/** Whether the path's content is read, and as what. */
export function kindOfPath(path: string): number {
  if (isMarkdownName(path)) return fileKinds.note;
  return /\.canvas$/i.test(path) ? fileKinds.canvas : fileKinds.attachment;
}

/** The folders that a path lies in, the top first. */
export function foldersOf(path: string): string[] {
  const folder = folderOf(path);
  return folder === '' ? [] : [...foldersOf(folder), folder];
}

interface FileRow {
  readonly [column: string]: unknown;
  readonly id: number;
  readonly kind: number;
  readonly listed: number;
  readonly stamp: string;
  readonly hash: string | null;
}

function knownFile({ id, kind, listed, stamp, hash }: FileRow): KnownFile {
  return { id, kind, isListed: listed === 1, stamp, hash: hash ?? undefined };
}

function searchable({ text, aliases, tags, frontmatter, outline, sections }: ParsedNote) {
  return { text, aliases, tags, frontmatter, outline, sections };
}
