import type { RecordTypes, TableName } from '../schema.js';

/** So many records share one cached piece of the file; building a piece takes about a millisecond. */
export const recordsPerBlock = 512;

export type AnyRecord = RecordTypes[TableName];

/** A run of a table's lines. `bytes` are those lines as they stand in the file, or undefined after a change. */
export interface Block {
  readonly records: Map<string, AnyRecord>;
  bytes: Buffer | undefined;
}

/** One table of the file as blocks; a change spoils the bytes of its own block only. */
export class TableBlocks {
  readonly list: Block[] = [];
  /** Made when it is first needed: who only reads the file never does. */
  #index: Map<string, Block> | undefined;

  get #blockOf(): Map<string, Block> {
    if (this.#index === undefined) {
      this.#index = new Map();
      for (const block of this.list) for (const key of block.records.keys()) this.#index.set(key, block);
    }
    return this.#index;
  }

  blockOf(key: string): Block | undefined {
    return this.#blockOf.get(key);
  }

  set(key: string, record: AnyRecord | null): void {
    let block = this.#blockOf.get(key);
    if (record === null) {
      if (block === undefined) return;
      block.records.delete(key);
      this.#blockOf.delete(key);
    } else {
      block ??= this.#roomAtTheEnd();
      block.records.set(key, record);
      this.#blockOf.set(key, block);
    }
    block.bytes = undefined;
  }

  /** Takes over another run of blocks; those that stay keep their bytes. */
  replaceList(list: readonly Block[]): void {
    const index = this.#index;
    if (index === undefined) {
      this.list.splice(0, this.list.length, ...list);
      return;
    }
    const kept = new Set(list);
    for (const block of this.list) {
      if (!kept.has(block)) for (const key of block.records.keys()) index.delete(key);
    }
    const known = new Set(this.list);
    for (const block of list) {
      if (!known.has(block)) for (const key of block.records.keys()) index.set(key, block);
    }
    this.list.splice(0, this.list.length, ...list);
  }

  /** Drops empty blocks and joins a spoilt one with its neighbour where both fit into one. */
  tidy(): void {
    const list: Block[] = [];
    for (const block of this.list) {
      if (block.records.size === 0) continue;
      const last = list.at(-1);
      const joins =
        last !== undefined &&
        (last.bytes === undefined || block.bytes === undefined) &&
        last.records.size + block.records.size <= recordsPerBlock / 2;
      if (!joins) {
        list.push(block);
        continue;
      }
      for (const [key, record] of block.records) {
        last.records.set(key, record);
        this.#blockOf.set(key, last);
      }
      last.bytes = undefined;
    }
    this.list.splice(0, this.list.length, ...list);
  }

  #roomAtTheEnd(): Block {
    const last = this.list.at(-1);
    if (last !== undefined && last.records.size < recordsPerBlock) return last;
    const block: Block = { records: new Map(), bytes: undefined };
    this.list.push(block);
    return block;
  }
}

/** Returns a table's records as blocks. */
export function blocksOf(records: ReadonlyMap<string, AnyRecord>): Block[] {
  const table = new TableBlocks();
  for (const [key, record] of records) table.set(key, record);
  return table.list;
}

/** Returns the block's lines, joined as they stand in the file; from the cache when nothing changed. */
export function blockBytes(block: Block): Buffer {
  if (block.bytes !== undefined) return block.bytes;
  const lines: string[] = [];
  for (const [key, record] of block.records) lines.push(`${JSON.stringify(key)}:${JSON.stringify(record)}`);
  block.bytes = Buffer.from(lines.join(',\n'));
  return block.bytes;
}
