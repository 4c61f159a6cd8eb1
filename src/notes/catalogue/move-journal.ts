import type { Moved } from '../notes.js';
import type { Sql } from './sql.js';

/** A move and all that is needed to finish it when it was cut off. */
export interface MovePlan extends Pick<Moved, 'kind' | 'from' | 'to'> {
  /** As the client asked for it. */
  readonly asked: { readonly from: string; readonly to: string };
  /** Old paths with the new ones. */
  readonly moved: readonly (readonly [string, string])[];
  /** The files whose links may change, by their old paths, and their hashes before the move. */
  readonly files: readonly (readonly [string, string | null])[];
}

/** What the move made of a file. */
export interface Rewriting {
  /** Of the file as it is to be. */
  readonly hash: string;
  /** How many links were rewritten. */
  readonly links: number;
  /** What could not be rewritten. */
  readonly reason: string | null;
}

/** Keeps a move before anything of it is done. */
export function beginMove(sql: Sql, plan: MovePlan): void {
  inTransaction(sql, () => {
    clear(sql);
    sql.run('INSERT INTO move VALUES (?)', [JSON.stringify(plan)]);
  });
}

/** Keeps what a file is to be, before it is written: a second rewriting would read its new links from the old place. */
export function recordRewriting(sql: Sql, path: string, { hash, links, reason }: Rewriting): void {
  inTransaction(sql, () =>
    sql.run('INSERT OR REPLACE INTO move_files VALUES (?, ?, ?, ?)', [path, hash, links, reason]),
  );
}

/** Returns the move that was begun and has not ended, with the files that were rewritten by their old paths. */
export function unfinishedMove(sql: Sql): { plan: MovePlan; rewritten: ReadonlyMap<string, Rewriting> } | undefined {
  const row = sql.get<{ plan: string }>('SELECT plan FROM move');
  if (row === undefined) return undefined;
  const files = sql.all<Rewriting & { path: string }>('SELECT path, hash, links, reason FROM move_files');
  return { plan: JSON.parse(row.plan) as MovePlan, rewritten: new Map(files.map((file) => [file.path, file])) };
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
