import {
  type CompleteRequestParams,
  type CompleteResult,
  type ListResourcesResult,
  type ListResourceTemplatesResult,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server';
import { defined } from '../defined.js';
import { oneLine } from '../foreign-text.js';
import { NotesError } from '../notes/errors.js';
import { isoTime } from './text.js';
import type { ToolContext } from './tool.js';

const prefix = 'vault:///';
const uriTemplate = `${prefix}{+path}`;
const mimeType = 'text/markdown';
const pageSize = 200;
/** Of one resource; longer notes are read piece by piece, with vault_read. */
const mostChars = 1_000_000;

/** The one template: every file by its path in the vault. */
export const resourceTemplates: ListResourceTemplatesResult = {
  resourceTemplates: [{ name: 'note', title: 'Note', description: 'A note by its path', uriTemplate, mimeType }],
};

/** Returns the URI of a file, each part of its path percent-encoded. */
export function noteUri(path: string): string {
  return prefix + path.split('/').map(encodeURIComponent).join('/');
}

/** Lists the notes as resources in path order, page by page. Rejects with ProtocolError. */
export async function listResources({ notes, signal }: ToolContext, cursor?: string): Promise<ListResourcesResult> {
  return translateErrors(async () => {
    const page = await notes.list({ limit: pageSize, ...defined({ cursor }) }, signal);
    const resources = page.notes.map(({ path, title, size, modifiedMs }) => ({
      uri: noteUri(path),
      name: path,
      title: oneLine(title, 200),
      mimeType,
      size,
      annotations: { lastModified: isoTime(modifiedMs) },
    }));
    return { resources, ...defined({ nextCursor: page.nextCursor }) };
  });
}

/** Reads a file by its URI. Rejects with ProtocolError, ResourceNotFoundError where no such file is. */
export async function readResource({ notes, signal }: ToolContext, uri: string): Promise<ReadResourceResult> {
  return translateErrors(async () => {
    const [result] = await notes.read({ paths: [pathOf(uri)], maxChars: mostChars }, signal);
    if (result === undefined) throw new ResourceNotFoundError(uri);
    if (result.kind === 'failure') throw new NotesError(result.code, result.message);
    if (result.kind === 'image') {
      const { buffer, byteOffset, byteLength } = result.bytes;
      const blob = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
      return { contents: [{ uri, mimeType: result.mimeType, blob }] };
    }
    if (result.nextOffset !== undefined) {
      throw invalid(`The text has more than ${mostChars} characters. Read it in parts with vault_read.`);
    }
    return { contents: [{ uri, mimeType: result.kind === 'note' ? mimeType : result.mimeType, text: result.text }] };
  }, uri);
}

/** Completes the template's path: first the paths that begin with the value, then those that contain it. */
export async function completePath(
  { notes, signal }: ToolContext,
  params: CompleteRequestParams,
): Promise<CompleteResult> {
  const { ref, argument } = params;
  if (ref.type !== 'ref/resource' || ref.uri !== uriTemplate || argument.name !== 'path') {
    throw invalid(`Only the argument "path" of ${uriTemplate} can be completed.`);
  }
  const { values, total } = await notes.complete({ what: 'path', value: argument.value.slice(0, 4096) }, signal);
  return { completion: { values: [...values], total, hasMore: total > values.length } };
}

function pathOf(uri: string): string {
  if (!uri.startsWith(prefix)) throw new ResourceNotFoundError(uri);
  try {
    return decodeURIComponent(uri.slice(prefix.length));
  } catch {
    throw invalid('The URI has an invalid percent-encoding.');
  }
}

async function translateErrors<T>(task: () => Promise<T>, uri?: string): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof NotesError)) throw error;
    if (error.code === 'not_found' && uri !== undefined) throw new ResourceNotFoundError(uri, error.message);
    throw invalid(error.message);
  }
}

function invalid(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}
