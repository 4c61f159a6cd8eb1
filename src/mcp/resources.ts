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
import { VaultError } from '../vault/errors.js';
import { takePage } from './pages.js';
import { isoTime, oneLine } from './text.js';
import type { ToolContext } from './tool.js';

const prefix = 'vault:///';
const uriTemplate = `${prefix}{+path}`;
const mimeType = 'text/markdown';
const pageSize = 200;
/** The protocol allows no more in one answer. */
const mostCompletions = 100;

/** The one template: every note by its path in the vault. */
export const resourceTemplates: ListResourceTemplatesResult = {
  resourceTemplates: [{ name: 'note', title: 'Note', description: 'A note by its path', uriTemplate, mimeType }],
};

/** Returns the URI of a note, each part of its path percent-encoded. */
export function noteUri(path: string): string {
  return prefix + path.split('/').map(encodeURIComponent).join('/');
}

/** Lists the notes as resources in path order, page by page. Rejects with ProtocolError. */
export async function listResources({ vault }: ToolContext, cursor?: string): Promise<ListResourcesResult> {
  return translateErrors(async () => {
    const page = takePage(await vault.catalogue(), ({ path }) => path, cursor, pageSize);
    const resources = page.items.map(({ path, metadata, size, modifiedMs }) => ({
      uri: noteUri(path),
      name: path,
      title: oneLine(metadata.title),
      mimeType,
      size,
      annotations: { lastModified: isoTime(modifiedMs) },
    }));
    return { resources, ...(page.nextCursor === undefined ? {} : { nextCursor: page.nextCursor }) };
  });
}

/** Reads a note by its URI. Rejects with ProtocolError, ResourceNotFoundError where no such note is. */
export async function readResource({ vault }: ToolContext, uri: string): Promise<ReadResourceResult> {
  return translateErrors(async () => {
    const note = await vault.read(pathOf(uri));
    return { contents: [{ uri, mimeType, text: note.text }] };
  }, uri);
}

/** Completes the template's path: first the notes whose path begins with the value, then those that contain it. */
export async function completePath({ vault }: ToolContext, params: CompleteRequestParams): Promise<CompleteResult> {
  const { ref, argument } = params;
  if (ref.type !== 'ref/resource' || ref.uri !== uriTemplate || argument.name !== 'path') {
    throw invalid(`Only the argument "path" of ${uriTemplate} can be completed.`);
  }
  const wanted = fold(argument.value);
  const begins: string[] = [];
  const contains: string[] = [];
  for (const { path } of await vault.list()) {
    const at = fold(path).indexOf(wanted);
    if (at === 0) begins.push(path);
    else if (at > 0) contains.push(path);
  }
  const all = [...begins, ...contains];
  return {
    completion: { values: all.slice(0, mostCompletions), total: all.length, hasMore: all.length > mostCompletions },
  };
}

function pathOf(uri: string): string {
  if (!uri.startsWith(prefix)) throw new ResourceNotFoundError(uri);
  try {
    return decodeURIComponent(uri.slice(prefix.length));
  } catch {
    throw invalid('The URI has a broken percent-encoding.');
  }
}

async function translateErrors<T>(task: () => Promise<T>, uri?: string): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    if (error.code === 'not_found' && uri !== undefined) throw new ResourceNotFoundError(uri, error.message);
    throw invalid(error.message);
  }
}

function invalid(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message);
}

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
