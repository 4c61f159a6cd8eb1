import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { dirname } from 'node:path';
import { writeFileAtomically } from '../atomic-file.js';
import { analyserVersion } from './analyser.js';
import type { IndexedNote, StoredIndex } from './note-index.js';
import type { Numbers } from './postings.js';

/** The file's layout, the analyser that made its terms, and the byte order, since the numbers are the machine's own. */
const version = `vault-mcp index 1.${analyserVersion} ${endianness()}`;

interface Header {
  readonly version: string;
  readonly root: string;
  /** Bytes of each part after the header, in their order. */
  readonly parts: readonly number[];
  /** SHA-256 in hex of all parts. */
  readonly hash: string;
}

/** Writes an index as one line of JSON and its parts, mode 0600; rejects with Node's system errors. */
export async function writeIndexFile(path: string, root: string, index: StoredIndex): Promise<void> {
  const { ordinals, lengths, postings } = index;
  const parts = [ordinals, lengths, postings.counts, postings.lengths, postings.pool]
    .map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength))
    .concat(Buffer.from(postings.terms.join('\n')), Buffer.from(JSON.stringify(index.notes)));
  const header: Header = { version, root, parts: parts.map((part) => part.length), hash: hashOf(parts) };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...parts]), 0o600);
}

/** Reads what `writeIndexFile` wrote for the same vault; undefined when there is nothing that can be used. */
export async function readIndexFile(path: string, root: string): Promise<StoredIndex | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf('\n');
  const header = parseHeader(bytes.subarray(0, Math.max(0, end)).toString());
  if (header === undefined || header.version !== version || header.root !== root) return undefined;
  let at = end + 1;
  const parts = header.parts.map((length) => {
    at += length;
    return bytes.subarray(at - length, at);
  });
  if (at !== bytes.length || hashOf(parts) !== header.hash) return undefined;
  const [ordinals, lengths, counts, runLengths, pool, terms, notes] = parts;
  if (!ordinals || !lengths || !counts || !runLengths || !pool || !terms || !notes) return undefined;
  return {
    notes: JSON.parse(notes.toString()) as IndexedNote[],
    ordinals: toNumbers(ordinals),
    lengths: toNumbers(lengths),
    postings: {
      terms: terms.length === 0 ? [] : terms.toString().split('\n'),
      counts: toNumbers(counts),
      lengths: toNumbers(runLengths),
      pool: new Uint8Array(pool),
    },
  };
}

function parseHeader(line: string): Header | undefined {
  try {
    const header = JSON.parse(line) as Partial<Header> | null;
    const isSound =
      typeof header?.version === 'string' &&
      typeof header.root === 'string' &&
      typeof header.hash === 'string' &&
      Array.isArray(header.parts) &&
      header.parts.every((length) => Number.isSafeInteger(length) && length >= 0);
    return isSound ? (header as Header) : undefined;
  } catch {
    return undefined;
  }
}

function hashOf(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** Copies, so that the file's bytes as a whole can be let go. */
function toNumbers(bytes: Buffer): Numbers {
  return new Uint32Array(new Uint8Array(bytes).buffer);
}
