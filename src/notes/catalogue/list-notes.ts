import { NotesError } from '../errors.js';
import type { ListPage, ListQuery, NoteSummary } from '../notes.js';
import { alsoWith, type Condition, conditionOf, foldFolder } from './filter.js';
import type { Sql } from './sql.js';

const maxFolders = 200;
const mostNotes = 1000;

/** The columns that a `NoteSummary` is made of. */
const columns = `path, title, domain, status, created, updated, lists, size, modified_ms AS modifiedMs,
  problem_code || ': ' || substr(COALESCE(problem, ''), 1, 300) AS problem`;

/** Members that may be left out are null where there is nothing. */
type SummaryRow = Omit<NoteSummary, 'status' | 'statusText' | 'tags' | 'aliases'> & {
  readonly status: string | null;
  /** Tags and aliases as JSON. */
  readonly lists: string;
};

const statusGroups = new Set(['Active', 'Pending', 'Paused', 'Done']);

/** Returns a page of the notes that match, in path order. Throws NotesError `bad_argument` for a foreign cursor. */
export function listNotes(sql: Sql, { limit = 50, cursor, ...filter }: ListQuery): ListPage {
  const condition = conditionOf(filter);
  const after = cursor === undefined || cursor === '' ? undefined : decodeCursor(cursor);
  const most = Math.max(1, Math.min(mostNotes, limit));
  const found = selectNotes(sql, alsoWith(condition, 'path > ?', after ?? ''), 'path', most + 1);
  const notes = found.slice(0, most);
  const last = found.length > most ? notes.at(-1) : undefined;
  return {
    notes,
    folders: after === undefined ? foldersBelow(sql, filter.folder, condition) : [],
    total: countNotes(sql, condition),
    // Where the page ends: the path itself, so that a cursor outlives a restart and notes that come or go.
    ...(last === undefined ? {} : { nextCursor: Buffer.from(`after:${last.path}`).toString('base64url') }),
  };
}

export function selectNotes(sql: Sql, { sql: where, values }: Condition, order: string, limit: number): NoteSummary[] {
  const select = `SELECT ${columns} FROM files WHERE ${where} ORDER BY ${order} LIMIT ?`;
  return sql.all<SummaryRow>(select, [...values, limit]).map(summaryOf);
}

export function countNotes(sql: Sql, { sql: where, values }: Condition): number {
  return sql.number(`SELECT COUNT(*) FROM files WHERE ${where}`, [...values]);
}

function summaryOf({ lists, status, ...row }: SummaryRow): NoteSummary {
  const known = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as typeof row;
  const [tags, aliases] = JSON.parse(lists) as [string[], string[]];
  return { ...known, ...(status === null ? {} : statusOf(status)), tags, aliases };
}

/** A status as one of the four groups, or as it is written. */
export function statusOf(status: string): Pick<NoteSummary, 'status' | 'statusText'> {
  return statusGroups.has(status) ? { status: status as NonNullable<NoteSummary['status']> } : { statusText: status };
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

function decodeCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (!text.startsWith('after:')) {
    throw new NotesError('bad_argument', 'This cursor is not valid. Omit it to start again.');
  }
  return text.slice('after:'.length);
}
