import { isUtf8 } from 'node:buffer';
import { isObject } from '../rules/records.js';
import { type TableName, tableNames } from '../schema.js';
import { type AnyRecord, type Block, recordsPerBlock, type TableBlocks } from './blocks.js';
import { currentVersion, type Known, readHeader, readTable, type StateDocument } from './document.js';
import { createYield } from './yielding.js';

export type BlocksByTable = { readonly [T in TableName]: TableBlocks };
export type BlockLists = { [T in TableName]: Block[] };

/** A file in our own layout: blocks that equal a known one are that one, the others are newly parsed. */
export interface ReadLines extends Pick<StateDocument, 'revokedBefore' | 'members' | 'unsound'> {
  readonly lists: BlockLists;
}

const newline = 0x0a;
const comma = 0x2c;
const closingBrace = 0x7d;
const firstLineSample = 96;

/** Raised and caught here: the file is laid out in another way, and has to be parsed as a whole. */
class OtherLayout extends Error {}

/**
 * Reads a file that this program laid out, parsing only the blocks that are not in `known`; undefined when the layout is
 * another one, which says nothing about the file's soundness. Yields to the event loop on the way; changes nothing.
 */
export async function readLines(bytes: Buffer, known: BlocksByTable, records: Known): Promise<ReadLines | undefined> {
  if (!isUtf8(bytes)) return undefined;
  try {
    return await readAll(bytes, known, records);
  } catch (error) {
    if (error instanceof OtherLayout || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function readAll(bytes: Buffer, known: BlocksByTable, records: Known): Promise<ReadLines> {
  const unsound = new Map<string, number>();
  const headerEnd = bytes.indexOf(newline);
  if (headerEnd < 1 || bytes[headerEnd - 1] !== comma) throw new OtherLayout();
  const header: unknown = JSON.parse(`${bytes.toString('utf8', 0, headerEnd - 1)}}`);
  if (!isObject(header) || header['version'] !== currentVersion) throw new OtherLayout();
  if (tableNames.some((name) => Object.hasOwn(header, name))) throw new OtherLayout();

  const lists: BlockLists = { clients: [], grants: [], access_tokens: [], refresh_tokens: [] };
  let position = headerEnd + 1;
  for (const name of tableNames) {
    position = expect(bytes, position, `${JSON.stringify(name)}:{\n`);
    const table = new TableReader(bytes, name, known[name], records[name], unsound);
    position = await table.read(position);
    lists[name] = table.list;
    position = expect(bytes, position, name === tableNames.at(-1) ? '}}\n' : '},\n');
  }
  if (position !== bytes.length) throw new OtherLayout();
  return { ...readHeader(header, unsound), lists, unsound };
}

function expect(bytes: Buffer, position: number, text: string): number {
  const end = position + text.length;
  if (bytes.toString('latin1', position, Math.min(end, bytes.length)) !== text) throw new OtherLayout();
  return end;
}

/** Reads one table's lines from `position` to its closing brace. */
class TableReader {
  readonly list: Block[] = [];
  readonly #bytes: Buffer;
  readonly #name: TableName;
  readonly #known: TableBlocks;
  readonly #records: ReadonlyMap<string, AnyRecord>;
  readonly #knownByFirstLine = new Map<string, Block>();
  readonly #unsound: Map<string, number>;
  readonly #newKeys = new Set<string>();

  constructor(
    bytes: Buffer,
    name: TableName,
    known: TableBlocks,
    records: ReadonlyMap<string, AnyRecord>,
    unsound: Map<string, number>,
  ) {
    this.#bytes = bytes;
    this.#name = name;
    this.#known = known;
    this.#records = records;
    this.#unsound = unsound;
    for (const block of known.list) {
      if (block.bytes !== undefined) this.#knownByFirstLine.set(sample(block.bytes, 0), block);
    }
  }

  async read(start: number): Promise<number> {
    const bytes = this.#bytes;
    const yieldNow = createYield();
    let position = start;
    let runStart = start;
    let runLines = 0;
    while (bytes[position] !== closingBrace) {
      const same = this.#takeKnown(position);
      if (same !== undefined) {
        this.#parseRun(runStart, position, runLines);
        this.list.push(same);
        position = this.#afterSeparator(position + (same.bytes?.length ?? 0));
        runStart = position;
        runLines = 0;
        continue;
      }
      const lineEnd = bytes.indexOf(newline, position);
      if (lineEnd < 0) throw new OtherLayout();
      position = lineEnd + 1;
      runLines += 1;
      if (runLines < recordsPerBlock) continue;
      this.#parseRun(runStart, position, runLines);
      runStart = position;
      runLines = 0;
      await yieldNow();
    }
    this.#parseRun(runStart, position, runLines);
    this.#refuseDuplicates();
    const followedByMore = position > start && bytes[position - 2] === comma;
    if (followedByMore) throw new OtherLayout();
    return position;
  }

  /** Returns the known block whose lines stand at `position`, each block once. */
  #takeKnown(position: number): Block | undefined {
    const first = sample(this.#bytes, position);
    const block = this.#knownByFirstLine.get(first);
    if (block?.bytes === undefined) return undefined;
    const end = position + block.bytes.length;
    if (end > this.#bytes.length || !block.bytes.equals(this.#bytes.subarray(position, end))) return undefined;
    const followed = this.#bytes[end] === comma && this.#bytes[end + 1] === newline;
    const last = this.#bytes[end] === newline && this.#bytes[end + 1] === closingBrace;
    if (!followed && !last) return undefined;
    this.#knownByFirstLine.delete(first);
    return block;
  }

  #afterSeparator(position: number): number {
    return this.#bytes[position] === comma ? position + 2 : position + 1;
  }

  #parseRun(start: number, end: number, lines: number): void {
    if (lines === 0) return;
    const last = this.#bytes[end - 2] === comma ? end - 2 : end - 1;
    if (last === end - 1 && this.#bytes[end] !== closingBrace) throw new OtherLayout();
    const text = this.#bytes.toString('utf8', start, last);
    const parsed: unknown = JSON.parse(`{${text}}`);
    if (!isObject(parsed) || Object.keys(parsed).length !== lines) throw new OtherLayout();
    const records = new Map<string, AnyRecord>();
    const unsound = new Map<string, number>();
    readTable(this.#name, parsed, records, this.#records, unsound);
    for (const [name, number] of unsound) this.#unsound.set(name, (this.#unsound.get(name) ?? 0) + number);
    for (const key of records.keys()) {
      if (this.#newKeys.has(key)) throw new OtherLayout();
      this.#newKeys.add(key);
    }
    // A copy: a slice would keep the whole file's memory for as long as the block lives.
    const bytes = unsound.size === 0 ? Buffer.from(this.#bytes.subarray(start, last)) : undefined;
    this.list.push({ records, bytes });
  }

  /** A key that is both in a known block and in a new one stands twice in the file. */
  #refuseDuplicates(): void {
    const kept = new Set(this.list);
    for (const key of this.#newKeys) {
      const block = this.#known.blockOf(key);
      if (block !== undefined && kept.has(block)) throw new OtherLayout();
    }
  }
}

function sample(bytes: Buffer, position: number): string {
  return bytes.toString('latin1', position, Math.min(position + firstLineSample, bytes.length));
}
