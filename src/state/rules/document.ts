import { StateError } from '../errors.js';
import { perTable, type RecordTypes, type TableName, tableNames } from '../schema.js';
import { isKept, isObject, isSeconds, isSound } from './records.js';

export const currentVersion = 2;

export type RecordMaps = { readonly [T in TableName]: Map<string, RecordTypes[T]> };

/** A state file's content of the current version, record by record. */
export interface StateDocument {
  readonly revokedBefore: number | undefined;
  /** Top-level members that this version does not know; they survive a rewrite. */
  readonly members: ReadonlyMap<string, unknown>;
  readonly records: RecordMaps;
  /** How many records were left out because they are not sound, by table. */
  readonly unsound: ReadonlyMap<string, number>;
}

export function emptyRecords(): RecordMaps {
  return perTable(() => new Map());
}

/**
 * Parses a whole file, however it is laid out; throws StateError `state_unreadable` when it is no JSON in UTF-8, and
 * `state_foreign` when it is something else than a state file.
 */
export function parseJson(bytes: Uint8Array): { readonly [member: string]: unknown } {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new StateError('state_unreadable', bytes.length === 0 ? 'it is empty' : 'it is not valid JSON', {
      hint: 'vault-mcp state check says what serve would do, and how to repair the file',
    });
  }
  if (!isObject(document) || !looksLikeState(document)) {
    throw new StateError('state_foreign', 'it is JSON, but no state file', {
      hint: 'name another path with --state-path; this file is left alone',
    });
  }
  return document;
}

/** Many kinds of files have a `version`; ours has tables beside it, or nothing yet. */
function looksLikeState(document: { readonly [member: string]: unknown }): boolean {
  const { version } = document;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) return false;
  const others = Object.keys(document).filter((name) => name !== 'version' && name !== 'revoked_before');
  return others.length === 0 || tableNames.some((name) => Object.hasOwn(document, name));
}

/** What is kept of a record that is not sound: the one that memory has under its key. */
export type Known = { readonly [T in TableName]: ReadonlyMap<string, RecordTypes[T]> };

/** Takes the sound records of a version 2 document, and those of `known` for the others, which are counted. */
export function readDocument(document: { readonly [member: string]: unknown }, known: Known): StateDocument {
  const records = emptyRecords();
  const unsound = new Map<string, number>();
  for (const name of tableNames) {
    const table = document[name];
    if (table === undefined) continue;
    const into = records[name] as Map<string, RecordTypes[TableName]>;
    if (isObject(table)) readTable(name, table, into, known[name], unsound);
    else {
      for (const [key, record] of known[name]) into.set(key, record);
      count(unsound, name);
    }
  }
  return { ...readHeader(document, unsound), records, unsound };
}

/** Takes `revoked_before` and the unknown members; the tables may be absent. */
export function readHeader(
  document: { readonly [member: string]: unknown },
  unsound: Map<string, number>,
): Pick<StateDocument, 'revokedBefore' | 'members'> {
  const members = new Map<string, unknown>();
  let revokedBefore: number | undefined;
  for (const [name, value] of Object.entries(document)) {
    if (name === 'version' || (tableNames as readonly string[]).includes(name)) continue;
    if (name === 'revoked_before') {
      if (isSeconds(value)) revokedBefore = value;
      else count(unsound, name);
    } else if (isKept(value)) members.set(name, value);
    else count(unsound, 'members');
  }
  return { revokedBefore, members };
}

/** Adds the sound records of `table` to `into`, and the known ones for the others. */
export function readTable(
  name: TableName,
  table: { readonly [key: string]: unknown },
  into: Map<string, RecordTypes[TableName]>,
  known: ReadonlyMap<string, RecordTypes[TableName]>,
  unsound: Map<string, number>,
): void {
  for (const key of Object.keys(table)) {
    const record = table[key];
    const sound = isSound(name, key, record) ? record : known.get(key);
    if (sound !== undefined) into.set(key, sound);
    if (sound !== record) count(unsound, name);
  }
}

export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Returns the counts as words, without any key: those of version 1 are secrets. */
export function describeUnsound(unsound: ReadonlyMap<string, number>): string {
  return [...unsound].map(([name, number]) => `${number} of ${name}`).join(', ');
}
