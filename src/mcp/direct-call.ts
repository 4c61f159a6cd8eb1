import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { isJsonContentType, SERVER_INFO_META_KEY, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server';
import { plainRequestOf } from './exchange.js';
import { wholeJson } from './text.js';

/** A `tools/call` that the SDK would hand to the tool as it stands. */
export interface DirectCall {
  readonly id: string | number;
  readonly name: string;
  readonly args: unknown;
  /** Of 2026-07-28, or of the eras before. */
  readonly isModern: boolean;
}

const modernVersion = '2026-07-28';
const reservedPrefix = 'io.modelcontextprotocol/';
const directMembers = new Set(['jsonrpc', 'id', 'method', 'params']);
const directParams = new Set(['name', 'arguments', '_meta']);

const mostEnvelopes = 100;
const envelopeCharacters = 4000;
/** What clients of 2026-07-28 say of themselves in each call, as JSON, where the SDK's schemas had nothing against it. */
const checkedEnvelopes = new Set<string>();

/**
 * Recognises the calls that need none of the SDK: it makes a server for each, and checks message and result against its
 * schemas, at more than the price of a call. Everything else, whatever is wrong with it, is undefined here.
 */
export function directCallOf(headers: IncomingHttpHeaders, body: unknown): DirectCall | undefined {
  if (!isJsonContentType(headers['content-type']) || !isObject(body)) return undefined;
  const { jsonrpc, id, method, params } = body;
  if (jsonrpc !== '2.0' || method !== 'tools/call' || !isId(id) || !isObject(params)) return undefined;
  const { name, arguments: args, _meta: meta = {} } = params;
  if (typeof name !== 'string' || !isObject(meta) || (args !== undefined && !isObject(args))) return undefined;
  for (const key in body) if (!directMembers.has(key)) return undefined;
  for (const key in params) if (!directParams.has(key)) return undefined;
  const { progressToken, ...envelope } = meta;
  if (progressToken !== undefined && !isId(progressToken)) return undefined;
  const version = headers['mcp-protocol-version'];
  if (version === modernVersion) {
    if (headers['mcp-method'] !== method || headers['mcp-name'] !== name) return undefined;
    return isChecked(headers, body, envelope) ? { id, name, args, isModern: true } : undefined;
  }
  const isOlder = version === undefined || SUPPORTED_PROTOCOL_VERSIONS.includes(String(version));
  if (!isOlder || headers['mcp-method'] !== undefined) return undefined;
  for (const key in envelope) if (key.startsWith(reservedPrefix)) return undefined;
  return { id, name, args, isModern: false };
}

/** Writes the result of a call as its era has it. */
export function answerDirectCall(
  { id, isModern }: DirectCall,
  result: object,
  serverInfo: object,
  response: ServerResponse,
): void {
  const marks = isModern ? { resultType: 'complete', _meta: { [SERVER_INFO_META_KEY]: serverInfo } } : {};
  const text = wholeJson({ result: { ...result, ...marks }, jsonrpc: '2.0', id });
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

function isChecked(headers: IncomingHttpHeaders, body: unknown, envelope: object): boolean {
  const json = jsonOf(envelope);
  if (json === undefined) return false;
  if (checkedEnvelopes.has(json)) return true;
  if (plainRequestOf(headers, body)?.classification.era !== 'modern') return false;
  if (checkedEnvelopes.size >= mostEnvelopes) checkedEnvelopes.clear();
  if (json.length <= envelopeCharacters) checkedEnvelopes.add(json);
  return true;
}

/** Undefined for what is nested too deep. */
function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' ? value.isWellFormed() : Number.isSafeInteger(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
