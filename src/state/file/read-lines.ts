import { isUtf8 } from 'node:buffer';
import { currentVersion, type Known, readHeader, readTable, type StateDocument } from '../rules/document.js';
import { isObject } from '../rules/records.js';
import { perTable, type TableName, tableNames } from '../schema.js';
import { type AnyRecord, type Block, recordsPerBlock, type TableBlocks } from './blocks.js';
import { createYield } from './yielding.js';

export type BlocksByTable = { readonly [T in TableName]: TableBlocks };
export type BlockLists = { [T in TableName]: Block[] };

/** A file as it was read, its tables as blocks: what equals a known block is that one, the others are newly parsed. */
export interface ReadFile extends Omit<StateDocument, 'records'> {
  readonly version: number;
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
export async function readLines(bytes: Buffer, known: BlocksByTable, records: Known): Promise<ReadFile | undefined> {
  if (!isUtf8(bytes)) return undefined;
  try {
    return await readAll(bytes, known, records);
  } catch (error) {
    if (error instanceof OtherLayout || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function readAll(bytes: Buffer, known: BlocksByTable, records: Known): Promise<ReadFile> {
  const unsound = new Map<string, number>();
  const headerEnd = bytes.indexOf(newline);
  if (headerEnd < 1 || bytes[headerEnd - 1] !== comma) throw new OtherLayout();
  const header: unknown = JSON.parse(`${bytes.toString('utf8', 0, headerEnd - 1)}}`);
  if (!isObject(header) || header['version'] !== currentVersion) throw new OtherLayout();
  if (tableNames.some((name) => Object.hasOwn(header, name))) throw new OtherLayout();

  const lists: BlockLists = perTable((): Block[] => []);
  let position = headerEnd + 1;
  for (const name of tableNames) {
    position = expect(bytes, position, `${JSON.stringify(name)}:{\n`);
    const { list, end } = await readTableLines(bytes, position, name, known[name], records[name], unsound);
    lists[name] = list;
    position = expect(bytes, end, name === tableNames.at(-1) ? '}}\n' : '},\n');
  }
  if (position !== bytes.length) throw new OtherLayout();
  return { ...readHeader(header, unsound), version: currentVersion, lists, unsound };
}

function expect(bytes: Buffer, position: number, text: string): number {
  const end = position + text.length;
  if (bytes.toString('latin1', position, Math.min(end, bytes.length)) !== text) throw new OtherLayout();
  return end;
}

/** Reads one table's lines from `start`; returns them as blocks, and where its closing brace stands. */
async function readTableLines(
  bytes: Buffer,
  start: number,
  name: TableName,
  known: TableBlocks,
  records: ReadonlyMap<string, AnyRecord>,
  unsound: Map<string, number>,
): Promise<{ list: Block[]; end: number }> {
  const list: Block[] = [];
  const newKeys = new Set<string>();
  const knownByFirstLine = new Map<string, Block>();
  for (const block of known.list) {
    if (block.bytes !== undefined) knownByFirstLine.set(sample(block.bytes, 0), block);
  }

  /** Returns the known block whose lines are at `position`, each block once. */
  function takeKnown(position: number): Block | undefined {
    const first = sample(bytes, position);
    const block = knownByFirstLine.get(first);
    if (block?.bytes === undefined) return undefined;
    const end = position + block.bytes.length;
    if (end > bytes.length || !block.bytes.equals(bytes.subarray(position, end))) return undefined;
    const isFollowed = bytes[end] === comma && bytes[end + 1] === newline;
    const isLast = bytes[end] === newline && bytes[end + 1] === closingBrace;
    if (!isFollowed && !isLast) return undefined;
    knownByFirstLine.delete(first);
    return block;
  }

  function parseRun(from: number, end: number, lines: number): void {
    if (lines === 0) return;
    const last = bytes[end - 2] === comma ? end - 2 : end - 1;
    if (last === end - 1 && bytes[end] !== closingBrace) throw new OtherLayout();
    const parsed: unknown = JSON.parse(`{${bytes.toString('utf8', from, last)}}`);
    if (!isObject(parsed) || Object.keys(parsed).length !== lines) throw new OtherLayout();
    const run = new Map<string, AnyRecord>();
    const before = unsound.get(name);
    readTable(name, parsed, run, records, unsound);
    for (const key of run.keys()) {
      if (newKeys.has(key)) throw new OtherLayout();
      newKeys.add(key);
    }
    // A copy, but for the first time: a slice keeps the whole file's memory for as long as the block lives.
    const isSound = unsound.get(name) === before;
    const slice = bytes.subarray(from, last);
    const isFirst = known.list.length === 0;
    list.push({ records: run, bytes: !isSound ? undefined : isFirst ? slice : Buffer.from(slice) });
  }

  const yieldNow = createYield();
  let position = start;
  let runStart = start;
  let runLines = 0;
  while (bytes[position] !== closingBrace) {
    const same = takeKnown(position);
    if (same?.bytes !== undefined) {
      parseRun(runStart, position, runLines);
      list.push(same);
      position += same.bytes.length;
      position += bytes[position] === comma ? 2 : 1;
      runStart = position;
      runLines = 0;
      continue;
    }
    const lineEnd = bytes.indexOf(newline, position);
    if (lineEnd < 0) throw new OtherLayout();
    position = lineEnd + 1;
    runLines += 1;
    if (runLines < recordsPerBlock) continue;
    parseRun(runStart, position, runLines);
    runStart = position;
    runLines = 0;
    await yieldNow();
  }
  parseRun(runStart, position, runLines);
  const isFollowedByMore = position > start && bytes[position - 2] === comma;
  if (isFollowedByMore) throw new OtherLayout();
  if (known.list.length === 0) return { list, end: position };
  // A key that is both in a known block and in a new one stands twice in the file.
  const kept = new Set(list);
  for (const key of newKeys) {
    const block = known.blockOf(key);
    if (block !== undefined && kept.has(block)) throw new OtherLayout();
  }
  return { list, end: position };
}

function sample(bytes: Buffer, position: number): string {
  return bytes.toString('latin1', position, Math.min(position + firstLineSample, bytes.length));
}
