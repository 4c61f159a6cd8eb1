import type { Moved } from '../notes.js';
import type { Sql } from './sql.js';

/** A move and all that is needed to bring it to its end when it was cut off. */
export interface BegunMove extends Pick<Moved, 'kind' | 'from' | 'to'> {
  /** As the client asked for it. */
  readonly asked: { readonly from: string; readonly to: string };
  /** Old paths with the new ones. */
  readonly moved: readonly (readonly [string, string])[];
}

/** A file whose links lead to what moves, or that moves. */
export interface MoveFile {
  readonly [column: string]: unknown;
  /** The old one. */
  readonly path: string;
  /** How many links were rewritten; null: it was not looked at yet. */
  readonly links: number | null;
  /** What could not be rewritten. */
  readonly reason: string | null;
  /** When the move began; empty when it was not known. */
  readonly hash: string;
  /** A `FileWriting` as JSON, from before the file is written. */
  readonly writing: string | null;
}

/** The expected hash of a file, and the report when it is done. */
export interface FileWriting extends Pick<MoveFile, 'links' | 'reason'> {
  readonly after: string;
}

/** Keeps a move before anything of it is done. */
export function beginMove(sql: Sql, move: BegunMove, paths: Iterable<string>): void {
  inTransaction(sql, () => {
    clear(sql);
    sql.run('INSERT INTO move VALUES (?)', [JSON.stringify(move)]);
    for (const path of paths) {
      sql.run(
        "INSERT INTO move_files VALUES (?1, NULL, NULL, COALESCE((SELECT hash FROM files WHERE path = ?1), ''), NULL)",
        [path],
      );
    }
  });
}

/** Keeps what a file is to be, before it is written: a second rewriting would read its new links from the old place. */
export function markWriting(sql: Sql, path: string, writing: FileWriting): void {
  inTransaction(sql, () =>
    sql.run('UPDATE move_files SET writing = ? WHERE path = ?', [JSON.stringify(writing), path]),
  );
}

export function markFile(sql: Sql, { path, links, reason }: Pick<MoveFile, 'path' | 'links' | 'reason'>): void {
  inTransaction(sql, () =>
    sql.run('UPDATE move_files SET links = ?, reason = ? WHERE path = ?', [links, reason, path]),
  );
}

/** Returns the move that was begun and has not ended, with its files in order. */
export function unfinishedMove(sql: Sql): { move: BegunMove; files: MoveFile[] } | undefined {
  const row = sql.get<{ begun: string }>('SELECT begun FROM move');
  if (row === undefined) return undefined;
  const files = sql.all<MoveFile>('SELECT path, links, reason, hash, writing FROM move_files ORDER BY rowid');
  return { move: JSON.parse(row.begun) as BegunMove, files };
}

export function endMove(sql: Sql): void {
  inTransaction(sql, () => clear(sql));
}

function clear(sql: Sql): void {
  sql.run('DELETE FROM move');
  sql.run('DELETE FROM move_files');
}

/** What others left open is committed along. */
function inTransaction(sql: Sql, work: () => void): void {
  sql.begin();
  work();
  sql.commit();
}
