import { StateError } from '../errors.js';
import { currentVersion, type Known, parseJson, readDocument } from '../rules/document.js';
import type { ImportOptions } from '../rules/migrate.js';
import { StateTables } from '../rules/tables.js';
import { type ChangeSet, perTable, type TableName, tableNames } from '../schema.js';
import { type AnyRecord, type Block, blockBytes, blocksOf, TableBlocks } from './blocks.js';
import { type BlocksByTable, type ReadFile, readLines } from './read-lines.js';
import { createYield } from './yielding.js';

/** A file's content, parsed and compared with what is known, but not applied yet. */
export interface Parsed {
  readonly version: number;
  /** How many records are not sound, by table; when any, the file must be kept aside before it is replaced. */
  readonly unsound: ReadonlyMap<string, number>;
  /** What applying it changes in the tables, but for `revokedBefore`, which replaces the known one. */
  readonly changes: ChangeSet;
  readonly revokedBefore: number | undefined;
  /** Applies it; only while nothing else has changed the image. */
  apply(): void;
}

/** Changes put into the bytes to be written, but not yet into the tables that everybody reads. */
export interface PreparedWrite {
  readonly chunks: readonly Buffer[];
  /** After the commit. */
  commit(): void;
  /** After a failed one. */
  rollBack(): void;
}

/** The state file in memory: its records in tables, and its bytes in blocks that are rebuilt only where something changed. */
export class StateImage {
  readonly tables = new StateTables();
  readonly #blocks: BlocksByTable = perTable(() => new TableBlocks());
  #members: ReadonlyMap<string, unknown> = new Map();

  /**
   * Reads `bytes`, a whole file; parses only what differs from before, and yields on the way. Version 1 is migrated when
   * `importing` is given. Throws StateError `state_unreadable`, `state_foreign` or `state_version`.
   */
  async parse(bytes: Buffer, importing?: ImportOptions): Promise<Parsed> {
    const found =
      (await readLines(bytes, this.#blocks, this.tables)) ?? (await parseWhole(bytes, this.tables, importing));
    const { version, unsound, revokedBefore, members, lists } = found;
    const changes = changesOf((name) => changesOfBlocks(this.#blocks[name], lists[name]));
    const apply = () => {
      for (const name of tableNames) this.#blocks[name].replaceList(lists[name]);
      this.tables.apply(changes);
      this.tables.replaceRevokedBefore(revokedBefore);
      this.#members = members;
    };
    return { version, unsound, revokedBefore, changes, apply };
  }

  /** Where this machine reaches the server that saved last, as it said; undefined when it did not. */
  get servedAt(): string | undefined {
    const url = this.#members.get('served_at');
    return typeof url === 'string' && /^http:\/\/[\w.:[\]-]+$/.test(url) ? url : undefined;
  }

  set servedAt(url: string | undefined) {
    if (url !== undefined && url !== this.servedAt) this.#members = new Map([...this.#members, ['served_at', url]]);
  }

  /** Makes changes at once, in the tables and in what the next save writes. */
  change(changes: ChangeSet): void {
    this.#put(changes);
    this.tables.apply(changes);
  }

  /** Lays the file out with `changes` made, rebuilding only the blocks they touch; yields between blocks. */
  async prepare(changes: ChangeSet): Promise<PreparedWrite> {
    const before = this.#put(changes);
    const yieldNow = createYield();
    const chunks: Buffer[] = [Buffer.from(this.#header(changes.revoked_before ?? this.tables.revokedBefore))];
    for (const name of tableNames) {
      this.#blocks[name].tidy();
      let separator = `${JSON.stringify(name)}:{\n`;
      for (const block of this.#blocks[name].list) {
        chunks.push(Buffer.from(separator), blockBytes(block));
        separator = ',\n';
        await yieldNow();
      }
      const end = name === tableNames.at(-1) ? '}}\n' : '},\n';
      chunks.push(Buffer.from(separator === ',\n' ? `\n${end}` : `${separator}${end}`));
    }
    return {
      chunks,
      commit: () => this.tables.apply(changes),
      rollBack: () => void this.#put(before),
    };
  }

  #header(revokedBefore: number | undefined): string {
    const header: { [member: string]: unknown } = { version: currentVersion };
    if (revokedBefore !== undefined) header['revoked_before'] = revokedBefore;
    const known = JSON.stringify(header).slice(0, -1);
    const others = [...this.#members].map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`);
    return `${known}${others.join('')},\n`;
  }

  /** Puts the changes into the blocks and returns what undoes them. */
  #put(changes: ChangeSet): ChangeSet {
    return changesOf((name) => {
      const before: Changes = new Map();
      for (const [key, record] of changes[name] ?? []) {
        before.set(key, this.tables[name].get(key) ?? null);
        this.#blocks[name].set(key, record);
      }
      return before;
    });
  }
}

type Changes = Map<string, AnyRecord | null>;

function changesOf(change: (name: TableName) => Changes): ChangeSet {
  return perTable(change) as ChangeSet;
}

/** Returns which records `list` changes. */
function changesOfBlocks(blocks: TableBlocks, list: readonly Block[]): Changes {
  const kept = new Set(list);
  const known = new Set(blocks.list);
  const changes: Changes = new Map();
  for (const block of blocks.list) {
    if (!kept.has(block)) for (const key of block.records.keys()) changes.set(key, null);
  }
  for (const block of list) {
    if (!known.has(block)) for (const [key, record] of block.records) changes.set(key, record);
  }
  return changes;
}

/** Parses a file as a whole; rejects with StateError `state_unreadable`, `state_foreign` or `state_version`. */
async function parseWhole(bytes: Buffer, known: Known, importing: ImportOptions | undefined): Promise<ReadFile> {
  const json = parseJson(bytes);
  const version = Number(json['version']);
  const documentOf = async () => {
    if (version === currentVersion) return readDocument(json, known);
    if (version === 1 && importing !== undefined) {
      // Loaded late: no command imports, and none but this needs cryptography at its start.
      const { migrateVersion1 } = await import('../rules/migrate.js');
      return migrateVersion1(json, importing);
    }
    throw new StateError('state_version', `it has version ${version}; this program writes version ${currentVersion}`, {
      hint: version === 1 ? 'vault-mcp serve imports it: start it once' : 'a newer vault-mcp wrote it: use that one',
    });
  };
  const { records, ...rest } = await documentOf();
  return { ...rest, version, lists: perTable((name) => blocksOf(records[name])) };
}
