import { NotesError } from '../errors.js';
import type { ListPage, ListQuery, NoteSummary } from '../notes.js';
import { isStatusGroup } from './catalogue.js';
import { type Condition, conditionOf, foldFolder } from './filter.js';
import type { Sql } from './sql.js';

const maxFolders = 200;
const mostNotes = 1000;

/** The columns that a `NoteSummary` is made of. */
export const summaryColumns =
  'path, title, domain, status, created, updated, lists, size, modified_ms, problem_code, problem';

export interface SummaryRow {
  readonly [column: string]: unknown;
  readonly path: string;
  readonly title: string;
  readonly domain: string;
  readonly status: string | null;
  readonly created: string | null;
  readonly updated: string | null;
  readonly lists: string;
  readonly size: number;
  readonly modified_ms: number;
  readonly problem_code: string | null;
  readonly problem: string | null;
}

/** Returns a page of the notes that match, in path order. Throws NotesError `bad_argument` for a foreign cursor. */
export function listNotes(sql: Sql, { limit = 50, cursor, ...filter }: ListQuery): ListPage {
  const condition = conditionOf(filter);
  const after = cursor === undefined || cursor === '' ? undefined : decodeCursor(cursor);
  const most = Math.max(1, Math.min(mostNotes, limit));
  const rows = sql.all<SummaryRow>(
    `SELECT ${summaryColumns} FROM files WHERE ${condition.sql} AND path > ? ORDER BY path LIMIT ?`,
    [...condition.values, after ?? '', most + 1],
  );
  const notes = rows.slice(0, most).map(summaryOf);
  const last = rows.length > most ? notes.at(-1) : undefined;
  return {
    notes,
    folders: after === undefined ? foldersBelow(sql, filter.folder, condition) : [],
    total: sql.number(`SELECT COUNT(*) FROM files WHERE ${condition.sql}`, [...condition.values]),
    ...(last === undefined ? {} : { nextCursor: encodeCursor(last.path) }),
  };
}

export function summaryOf(row: SummaryRow): NoteSummary {
  const { path, title, domain, status, created, updated, lists, size, modified_ms, problem_code, problem } = row;
  const [tags, aliases] = JSON.parse(lists) as [string[], string[]];
  return {
    path,
    title,
    domain,
    ...(status === null ? {} : statusOf(status)),
    ...(created === null ? {} : { created }),
    ...(updated === null ? {} : { updated }),
    tags,
    aliases,
    size,
    modifiedMs: modified_ms,
    ...(problem_code === null ? {} : { problem: `${problem_code}: ${(problem ?? '').slice(0, 300)}` }),
  };
}

/** A status as one of the four groups, or as it is written. */
export function statusOf(status: string): Pick<NoteSummary, 'status' | 'statusText'> {
  return isStatusGroup(status) ? { status: status as NonNullable<NoteSummary['status']> } : { statusText: status };
}

function foldersBelow(sql: Sql, folder: string | undefined, { sql: where, values }: Condition): ListPage['folders'] {
  const prefix = foldFolder(folder);
  const skip = prefix === '' ? 0 : prefix.length + 1;
  const rows = sql.all<{ name: string; path: string; notes: number }>(
    `SELECT substr(path_key, 1, ? + instr(substr(path_key, ?), '/') - 1) AS name, MIN(path) AS path, COUNT(*) AS notes
     FROM files WHERE ${where} AND instr(substr(path_key, ?), '/') > 0 GROUP BY name ORDER BY name LIMIT ?`,
    [skip, skip + 1, ...values, skip + 1, maxFolders],
  );
  const depth = prefix === '' ? 1 : prefix.split('/').length + 1;
  return rows.map(({ path, notes }) => ({ path: path.split('/').slice(0, depth).join('/'), notes }));
}

/** Where a page ends: the path itself, so that a cursor outlives a restart and notes that come or go. */
function encodeCursor(path: string): string {
  return Buffer.from(`after:${path}`).toString('base64url');
}

function decodeCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!text.startsWith('after:')) {
    throw new NotesError('bad_argument', 'This cursor is not one that this server gave: leave it out to start over.');
  }
  return text.slice('after:'.length);
}
