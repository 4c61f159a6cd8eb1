import type { JSValue } from 'node-sqlite3-wasm';
import { NotesError } from '../errors.js';
import { folderOf, foldPath } from '../files/note-path.js';
import type { CompleteQuery, ListPage, ListQuery, NoteFilter, NoteSummary, TagCount, VaultSummary } from '../notes.js';
import type { Sql } from './sql.js';

/** SQLite takes a condition of 1,000 parts at most, and each of these is a search of its own. */
const mostProperties = 20;
const maxFolders = 200;
const mostNotes = 1000;
const maxDomains = 200;
const maxStatuses = 50;
const shownActive = 50;
const shownRecent = 10;
const shownProblems = 20;
/** The protocol allows no more in one answer. */
const mostCompletions = 100;

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
  const found = selectNotes(sql, conditionOf(filter, 'path > ?', after ?? ''), 'path', most + 1);
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

function selectNotes(sql: Sql, { sql: where, values }: Condition, order: string, limit: number): NoteSummary[] {
  const select = `SELECT ${columns} FROM files WHERE ${where} ORDER BY ${order} LIMIT ?`;
  return sql.all<SummaryRow>(select, [...values, limit]).map(summaryOf);
}

function countNotes(sql: Sql, { sql: where, values }: Condition): number {
  return sql.number(`SELECT COUNT(*) FROM files WHERE ${where}`, values);
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

const everyNote = conditionOf({});
const listedNotes = `FROM files WHERE ${everyNote.sql}`;

/** Every tag with the number of notes that have it, most used first, then by name; the spelling is one that is used. */
export function countTags(
  sql: Sql,
  { limit, folder = '' }: { limit: number; folder?: string },
): { tags: TagCount[]; total: number } {
  const { sql: where, values } = conditionOf({ folder });
  const from = `FROM tags JOIN files ON id = file_id WHERE ${where}`;
  const tags = sql.all<{ tag: string; notes: number }>(
    `SELECT MIN(tag) AS tag, COUNT(*) AS notes ${from} GROUP BY key ORDER BY notes DESC, key LIMIT ?`,
    [...values, limit],
  );
  return { tags, total: sql.number(`SELECT COUNT(DISTINCT key) ${from}`, values) };
}

/** Returns the ids of the notes that a filter lets through; undefined when it lets all through. */
export function notesAllowed(sql: Sql, filter: NoteFilter): ReadonlySet<number> | undefined {
  const { sql: where, values } = conditionOf(filter);
  if (where === everyNote.sql) return undefined;
  return new Set(sql.all<{ id: number }>(`SELECT id FROM files WHERE ${where}`, values).map(({ id }) => id));
}

/** The notes changed last, newest first. */
export function recentNotes(
  sql: Sql,
  { limit, sinceMs, folder = '' }: { limit: number; sinceMs?: number; folder?: string },
): NoteSummary[] {
  const condition = conditionOf({ folder, ...(sinceMs === undefined ? {} : { modifiedSinceMs: sinceMs }) });
  return selectNotes(sql, condition, 'modified_ms DESC, path', limit);
}

/** Counts over all listed notes. */
export function summarise(sql: Sql): VaultSummary {
  const countBy = (column: string, limit: number) =>
    sql.all<{ name: string; notes: number }>(
      `SELECT ${column} AS name, COUNT(*) AS notes ${listedNotes} GROUP BY 1 ORDER BY notes DESC, name LIMIT ?`,
      [limit],
    );
  const active = conditionOf({ status: 'Active' });
  const problems = conditionOf({}, 'problem_code IS NOT NULL');
  return {
    total: countNotes(sql, everyNote),
    attachments: sql.number('SELECT COUNT(*) FROM files WHERE kind <> 1 AND listed = 1'),
    byDomain: countBy('domain', maxDomains),
    byStatus: countBy("COALESCE(status, 'None')", maxStatuses),
    active: selectNotes(sql, active, 'path', shownActive),
    totalActive: countNotes(sql, active),
    recent: recentNotes(sql, { limit: shownRecent }),
    problems: selectNotes(sql, problems, 'path', shownProblems),
    totalProblems: countNotes(sql, problems),
  };
}

/** Values that begin with or contain what was typed, those that begin with it first. */
export function complete(sql: Sql, { what, value }: CompleteQuery): { values: string[]; total: number } {
  const wanted = foldPath(value.slice(0, 500)).replace(/^#/, '');
  if (what === 'folder') return completeFolder(sql, wanted);
  // The inner query has two columns: what is shown, and what is compared.
  const sources: Readonly<Record<typeof what, string>> = {
    path: `SELECT path AS shown, path_key AS key ${listedNotes}`,
    tag: `SELECT MIN(tag) AS shown, key FROM tags JOIN files ON id = file_id WHERE ${everyNote.sql} GROUP BY key`,
    status: `SELECT MIN(status) AS shown, status_key AS key ${listedNotes} AND status IS NOT NULL GROUP BY status_key`,
  };
  const from = `FROM (${sources[what]}) WHERE instr(key, ?) > 0`;
  const rows = sql.all<{ shown: string }>(`SELECT shown ${from} ORDER BY instr(key, ?) > 1, key LIMIT ?`, [
    wanted,
    wanted,
    mostCompletions,
  ]);
  return { values: rows.map(({ shown }) => shown), total: sql.number(`SELECT COUNT(*) ${from}`, [wanted]) };
}

/** SQLite has no function for the folder of a path, and what it has instead is slow on long ones. */
function completeFolder(sql: Sql, wanted: string): { values: string[]; total: number } {
  const folders = new Map<string, string>();
  for (const { path, key } of sql.all<{ path: string; key: string }>(`SELECT path, path_key AS key ${listedNotes}`)) {
    let [shown, folder] = [folderOf(path), folderOf(key)];
    while (folder !== '' && !folders.has(folder)) {
      folders.set(folder, shown);
      [shown, folder] = [folderOf(shown), folderOf(folder)];
    }
  }
  const found = [...folders].filter(([folder]) => folder.includes(wanted));
  const isWithin = (folder: string) => Number(!folder.startsWith(wanted));
  found.sort(([a], [b]) => isWithin(a) - isWithin(b) || (a < b ? -1 : 1));
  return { values: found.slice(0, mostCompletions).map(([, shown]) => shown), total: found.length };
}

/** The condition of a query on `files`, with its values. */
interface Condition {
  readonly sql: string;
  readonly values: JSValue[];
}

/** Returns the condition for the listed notes that a filter, and a further condition, let through. Throws NotesError `bad_argument`. */
function conditionOf(filter: NoteFilter, further?: string, ...furtherValues: JSValue[]): Condition {
  const parts: string[] = ['kind = 1', 'listed = 1'];
  const values: JSValue[] = [];
  const add = (sql: string, ...bound: JSValue[]) => {
    parts.push(sql);
    values.push(...bound);
  };
  const folder = foldFolder(filter.folder);
  // The character after `/` ends the range of the paths that begin so.
  if (folder !== '') add('path_key > ? AND path_key < ?', `${folder}/`, `${folder}0`);
  const domain = foldFolder(filter.domain);
  if (domain !== '') add('domain_key = ?', domain);
  const status = foldPath(filter.status ?? '').trim();
  if (status !== '') add('status_key = ?', status);
  const tag = foldPath(filter.tag ?? '')
    .trim()
    .replace(/^#|\/+$/g, '');
  if (tag !== '') {
    add('id IN (SELECT file_id FROM tags WHERE key = ? OR (key > ? AND key < ?))', tag, `${tag}/`, `${tag}0`);
  }
  const properties = Object.entries(filter.where ?? {});
  if (properties.length > mostProperties) {
    throw new NotesError('bad_argument', `At most ${mostProperties} properties can be asked for at once.`);
  }
  for (const [key, value] of properties) {
    const wanted = foldPath(String(value ?? ''));
    if (value === '*') add('id IN (SELECT file_id FROM properties WHERE key = ?)', foldPath(key));
    else add('id IN (SELECT file_id FROM properties WHERE key = ? AND value = ?)', foldPath(key), wanted.slice(0, 200));
  }
  if (filter.modifiedSinceMs !== undefined) add('modified_ms >= ?', filter.modifiedSinceMs);
  if (further !== undefined) add(further, ...furtherValues);
  return { sql: parts.join(' AND '), values };
}

/** A folder as it is compared: without `./` before and `/` after it; empty for the whole vault. */
function foldFolder(folder: string | undefined): string {
  const parts = foldPath(folder ?? '')
    .split('/')
    .map((part) => part.trim());
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}
