import { foldPath } from '../files/note-path.js';
import type { CompleteQuery, NoteSummary, TagCount, VaultSummary } from '../notes.js';
import { alsoWith, conditionOf } from './filter.js';
import { countNotes, selectNotes } from './list-notes.js';
import type { Sql } from './sql.js';

const maxDomains = 200;
const maxStatuses = 50;
const shownActive = 50;
const shownRecent = 10;
const shownProblems = 20;
/** The protocol allows no more in one answer. */
const mostCompletions = 100;

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
  return { tags, total: sql.number(`SELECT COUNT(DISTINCT key) ${from}`, [...values]) };
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
  const problems = alsoWith(everyNote, 'problem_code IS NOT NULL');
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
  // The inner query has two columns: what is shown, and what is compared.
  const sources: Readonly<Record<CompleteQuery['what'], string>> = {
    path: `SELECT path AS shown, path_key AS key ${listedNotes}`,
    tag: `SELECT MIN(tag) AS shown, key FROM tags JOIN files ON id = file_id WHERE ${everyNote.sql} GROUP BY key`,
    status: `SELECT MIN(status) AS shown, status_key AS key ${listedNotes} AND status IS NOT NULL GROUP BY status_key`,
    folder: `WITH RECURSIVE folders (shown, key) AS (
        SELECT rtrim(rtrim(path, replace(path, '/', '')), '/'), rtrim(rtrim(path_key, replace(path_key, '/', '')), '/')
        ${listedNotes} AND path LIKE '%/%'
        UNION
        SELECT rtrim(rtrim(shown, replace(shown, '/', '')), '/'), rtrim(rtrim(key, replace(key, '/', '')), '/')
        FROM folders WHERE shown LIKE '%/%'
      ) SELECT MIN(shown) AS shown, key FROM folders GROUP BY key`,
  };
  const from = `FROM (${sources[what]}) WHERE instr(key, ?) > 0`;
  const rows = sql.all<{ shown: string }>(`SELECT shown ${from} ORDER BY instr(key, ?) > 1, key LIMIT ?`, [
    wanted,
    wanted,
    mostCompletions,
  ]);
  return { values: rows.map(({ shown }) => shown), total: sql.number(`SELECT COUNT(*) ${from}`, [wanted]) };
}
