import type { JSValue } from 'node-sqlite3-wasm';
import { NotesError } from '../errors.js';
import { foldPath } from '../files/note-path.js';
import type { NoteFilter } from '../notes.js';

/** SQLite takes a condition of 1,000 parts at most, and each of these is a search of its own. */
const mostProperties = 20;

/** The condition of a query on `files`, with its values. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly JSValue[];
}

/** Returns the condition for the listed notes that a filter lets through. Throws NotesError `bad_argument`. */
export function conditionOf(filter: NoteFilter): Condition {
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
  return { sql: parts.join(' AND '), values };
}

/** The condition with a further one. */
export function alsoWith({ sql, values }: Condition, further: string, ...bound: JSValue[]): Condition {
  return { sql: `${sql} AND ${further}`, values: [...values, ...bound] };
}

/** A folder as it is compared: without `./` before and `/` after it; empty for the whole vault. */
export function foldFolder(folder: string | undefined): string {
  const parts = foldPath(folder ?? '')
    .split('/')
    .map((part) => part.trim());
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}
