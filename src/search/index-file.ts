import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from '../atomic-file.js';
import { analyserVersion } from './analyser.js';
import type { IndexedNote, StoredIndex } from './note-index.js';
import type { Numbers } from './postings.js';

/** Bumped when the file's layout changes. */
const fileVersion = 1;

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
  const { postings } = index;
  const parts = [
    Buffer.from(JSON.stringify(index.notes)),
    Buffer.from(postings.terms.join('\n')),
    ...[index.ordinals, index.lengths, postings.pairs, postings.pool].map((array) =>
      Buffer.from(array.buffer, array.byteOffset, array.byteLength),
    ),
  ];
  const hash = hashOf(parts);
  const header: Header = { version: version(), root, parts: parts.map((part) => part.length), hash };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...parts]), 0o600);
}

/** Reads what `writeIndexFile` wrote for the same vault; undefined when there is nothing that can be used. */
export async function readIndexFile(path: string, root: string): Promise<StoredIndex | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf('\n');
  const header = parseHeader(bytes.subarray(0, Math.max(0, end)).toString());
  if (header === undefined || header.version !== version() || header.root !== root) return undefined;
  let at = end + 1;
  const parts = header.parts.map((length) => {
    at += length;
    return bytes.subarray(at - length, at);
  });
  if (at !== bytes.length || hashOf(parts) !== header.hash) return undefined;
  const [notes, terms, ordinals, lengths, pairs, pool] = parts;
  if (!notes || !terms || !ordinals || !lengths || !pairs || !pool) return undefined;
  return {
    notes: JSON.parse(notes.toString()) as IndexedNote[],
    ordinals: toNumbers(ordinals),
    lengths: toNumbers(lengths),
    postings: {
      terms: terms.length === 0 ? [] : terms.toString().split('\n'),
      pairs: toNumbers(pairs),
      pool: toNumbers(pool),
    },
  };
}

/** Byte order counts too: the numbers are the machine's own. */
function version(): string {
  const order = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 'little' : 'big';
  return `vault-mcp index ${fileVersion}.${analyserVersion} ${order}`;
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

/** A copy, since a part need not begin at a multiple of four. */
function toNumbers(bytes: Buffer): Numbers {
  const copy = new Uint8Array(bytes);
  return new Uint32Array(copy.buffer, 0, Math.floor(copy.length / 4));
}
