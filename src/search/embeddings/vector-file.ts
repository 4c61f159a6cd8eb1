import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { dirname } from 'node:path';
import { writeFileAtomically } from '../../atomic-file.js';
import type { EmbeddedNote, StoredVectors } from './vector-store.js';

/** The file's layout, and the byte order, since the numbers are the machine's own. */
const version = `vault-mcp vectors 1 ${endianness()}`;
const hashBytes = 32;

interface Header {
  readonly version: string;
  /** Which vault, endpoint and model the vectors are of. */
  readonly source: string;
  readonly dimensions: number;
  /** Of the vectors, in their order. */
  readonly keys: readonly string[];
  readonly notes: readonly EmbeddedNote[];
}

/** Writes vectors as a SHA-256 of the rest, one line of JSON and the numbers, mode 0600; rejects with Node's system errors. */
export async function writeVectorFile(path: string, source: string, stored: StoredVectors): Promise<void> {
  const { dimensions, vectors, notes } = stored;
  const header: Header = { version, source, dimensions, keys: [...vectors.keys()], notes: [...notes] };
  const line = Buffer.from(`${JSON.stringify(header)}\n`);
  const bytes = Buffer.allocUnsafeSlow(hashBytes + line.length + vectors.size * dimensions * 4);
  line.copy(bytes, hashBytes);
  let at = hashBytes + line.length;
  for (const vector of vectors.values()) {
    bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), at);
    at += vector.byteLength;
  }
  bytes.set(hashOf(bytes.subarray(hashBytes)));
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, bytes, 0o600);
}

/** Reads what `writeVectorFile` wrote for the same source; undefined when there is nothing that can be used. */
export async function readVectorFile(path: string, source: string): Promise<StoredVectors | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined || !hashOf(bytes.subarray(hashBytes)).equals(bytes.subarray(0, hashBytes))) return undefined;
  const end = bytes.indexOf('\n', hashBytes);
  const header = parseHeader(bytes.subarray(hashBytes, Math.max(hashBytes, end)).toString());
  if (header === undefined || header.version !== version || header.source !== source) return undefined;
  const { dimensions, keys, notes } = header;
  const numbers = new Float32Array(new Uint8Array(bytes.subarray(end + 1)).buffer);
  const vectors = new Map(keys.map((key, at) => [key, numbers.subarray(at * dimensions, (at + 1) * dimensions)]));
  return { dimensions, vectors, notes };
}

/** The hash vouches that a file is as it was written, and the version that it is laid out so. */
function parseHeader(line: string): Header | undefined {
  try {
    return (JSON.parse(line) as Header | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function hashOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
