import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Step } from './exchange.js';
import { BodyError } from './request-fault.js';

/** Deeper than any honest body, but shallow enough for recursive code. */
const depthMax = 200;
/** Those who check a body look at each of its members, on the thread that answers logins. */
const membersMax = 10_000;

const decompressors = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/**
 * Reads a JSON body in UTF-8 of at most `limitBytes`, of any JSON type, nested to 200 levels and of 10,000 members, or what a
 * host application has read already; `prepare` may rewrite its text. Rejects with BodyError.
 */
export async function readJson(
  request: IncomingMessage,
  limitBytes: number,
  prepare: (json: string) => string = (json) => json,
): Promise<unknown> {
  if (request.readableEnded && 'body' in request) return request.body;
  // RFC 8259, section 8.1; and the count of levels looks at bytes.
  const charset = charsetPattern.exec(request.headers['content-type'] ?? '')?.[2];
  if (charset !== undefined && !isUtf8(charset)) throw unsupported();
  const json = await readBytes(request, limitBytes);
  if (json.length === 0) throw new BodyError(400, 'empty', 'The body is empty.');
  const fault = faultOfShape(json);
  if (fault !== undefined) throw new BodyError(400, 'other', fault);
  try {
    return JSON.parse(prepare(json.toString().replace(/^\uFEFF/, '')));
  } catch {
    throw new BodyError(400, 'syntax', 'The body is not JSON.');
  }
}

const charsetPattern = /(;\s*charset\s*=\s*"?)([^\s;"]*)/i;

/** Returns whether a label means UTF-8, as `utf8` does, or a part of it. */
function isUtf8(label: string): boolean {
  try {
    return /^(?:us-)?ascii$/i.test(label) || new TextDecoder(label).encoding === 'utf-8';
  } catch {
    return false;
  }
}

/** Writes every label of UTF-8 as the one that Express' form parser knows. */
export const readCharset: Step = (request, _response, next) => {
  const { 'content-type': type } = request.headers;
  const charset = charsetPattern.exec(type ?? '')?.[2];
  if (charset !== undefined && isUtf8(charset)) {
    request.headers['content-type'] = type?.replace(charsetPattern, '$1utf-8');
  }
  next();
};

function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  const decompress = decompressors.get(encoding);
  if (encoding !== 'identity' && decompress === undefined) throw unsupported();
  return new Promise((resolve, reject) => {
    const source: Readable = decompress === undefined ? request : request.pipe(decompress());
    const chunks: Buffer[] = [];
    let size = 0;
    /** Answers when the client has sent everything: many do not listen before. */
    const fail = (error: BodyError) => {
      source.off('data', collect);
      if (source !== request) {
        request.unpipe();
        source.destroy();
      }
      if (request.closed) {
        reject(error);
        return;
      }
      request.once('close', () => reject(error));
      request.resume();
    };
    const collect = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) fail(new BodyError(413, 'size', 'The body is too large.'));
      else chunks.push(chunk);
    };
    const cut = () => fail(new BodyError(400, 'other', 'The request cannot be read.'));
    source.on('error', cut);
    if (source !== request) request.on('error', cut);
    if (request.destroyed) {
      cut();
      return;
    }
    source.on('data', collect);
    source.once('end', () => {
      const [first] = chunks;
      if (size <= limitBytes) resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
    });
  });
}

function unsupported(): BodyError {
  return new BodyError(415, 'other', 'The encoding of the body is not supported.');
}

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket, comma] = Buffer.from('"\\{}[],');

/** Looks at the bytes alone, for a parser may recurse. */
function faultOfShape(json: Buffer): string | undefined {
  if (json.length <= depthMax) return undefined;
  let depth = 0;
  let commas = 0;
  let isText = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (isText) {
      if (byte === backslash) i += 1;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    else if (byte === openBracket || byte === openBrace) {
      depth += 1;
      if (depth > depthMax) return 'The body is nested too deeply.';
    } else if (byte === closeBracket || byte === closeBrace) depth -= 1;
    else if (byte === comma && ++commas > membersMax) return `The body has more than ${membersMax} members.`;
  }
  return undefined;
}
