import { StateError } from '../errors.js';
import { isKept, isObject, isSeconds, isSound } from '../rules/records.js';
import { type RecordTypes, type TableName, tableNames } from '../schema.js';

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
  return { clients: new Map(), grants: new Map(), access_tokens: new Map(), refresh_tokens: new Map() };
}

/** Parses a whole file, however it is laid out; throws StateError `state_unreadable` when it is no JSON object in UTF-8. */
export function parseJson(bytes: Uint8Array): { readonly [member: string]: unknown } {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new StateError('state_unreadable', bytes.length === 0 ? 'it is empty' : 'it is not valid JSON');
  }
  if (!isObject(document)) throw new StateError('state_unreadable', 'it is not a JSON object');
  return document;
}

/** Returns the version a file says it has; throws `state_version` for one that is no whole number from 1 up. */
export function versionOf(document: { readonly [member: string]: unknown }): number {
  const version = document['version'];
  if (typeof version === 'number' && Number.isSafeInteger(version) && version > 0) return version;
  throw new StateError('state_version', 'it does not say which version it has');
}

/** Takes the sound records of a version 2 document and counts the others. */
export function readDocument(document: { readonly [member: string]: unknown }): StateDocument {
  const records = emptyRecords();
  const unsound = new Map<string, number>();
  for (const name of tableNames) {
    const table = document[name];
    if (table === undefined) continue;
    if (isObject(table)) readTable(name, table, records[name] as Map<string, RecordTypes[TableName]>, unsound);
    else count(unsound, name);
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

/** Adds the sound records of `table` to `into`. */
export function readTable(
  name: TableName,
  table: { readonly [key: string]: unknown },
  into: Map<string, RecordTypes[TableName]>,
  unsound: Map<string, number>,
): void {
  for (const key of Object.keys(table)) {
    const record = table[key];
    if (isSound(name, key, record)) into.set(key, record);
    else count(unsound, name);
  }
}

export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Returns the counts as words, without any key: those of version 1 are secrets. */
export function describeUnsound(unsound: ReadonlyMap<string, number>): string {
  return [...unsound].map(([name, number]) => `${number} of ${name}`).join(', ');
}
