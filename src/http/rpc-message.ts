import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A number in the place of an id that could be one which a double does not hold. */
const largeNumber = /"id"\s*:\s*-?\d(?:\d{14,}|[\d.]*e)/i;
const numberAt = /-?\d[\d.]*(?:e[+-]?\d+)?/iy;
const idMember = /"id"\s*:\s*/y;

/** JSON whose large ids are texts in their place, and what each text stands for. */
export interface KeptIds {
  readonly json: string;
  readonly numerals: ReadonlyMap<string, string>;
}

/** Puts texts in the place of ids that JSON.parse would round, so that an answer can bring them back as they were. */
export function keepLargeIds(json: string): KeptIds {
  const numerals = new Map<string, string>();
  if (!largeNumber.test(json)) return { json, numerals };
  let kept = '';
  let copied = 0;
  let depth = 0;
  const isBatch = json.trimStart().startsWith('[');
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    else if (character === '"') {
      const numeral = depth === (isBatch ? 2 : 1) ? numeralOfId(json, i) : undefined;
      if (numeral === undefined) {
        i = endOfText(json, i);
        continue;
      }
      const name = `vault-mcp-id-${randomUUID()}`;
      numerals.set(name, numeral.text);
      kept += `${json.slice(copied, numeral.start)}"${name}"`;
      copied = numeral.start + numeral.text.length;
      i = copied - 1;
    }
  }
  return { json: kept + json.slice(copied), numerals };
}

function numeralOfId(json: string, at: number): { start: number; text: string } | undefined {
  idMember.lastIndex = at;
  if (!idMember.test(json)) return undefined;
  const start = idMember.lastIndex;
  numberAt.lastIndex = start;
  const text = numberAt.exec(json)?.[0];
  return text === undefined || Number.isSafeInteger(Number(text)) ? undefined : { start, text };
}

function endOfText(json: string, at: number): number {
  for (let i = at + 1; i < json.length; i++) {
    if (json[i] === '\\') i += 1;
    else if (json[i] === '"') return i;
  }
  return json.length;
}

/** Makes an answer say the numbers that `numerals` stand for; each is written within one chunk. */
export function restoreLargeIds(response: ServerResponse, numerals: KeptIds['numerals']): void {
  if (numerals.size === 0) return;
  const restore = (chunk: unknown) => {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return chunk;
    let text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    for (const [name, numeral] of numerals) text = text.replaceAll(`"${name}"`, numeral);
    return text;
  };
  const { write, end, writeHead } = response;
  // The length that was counted holds no more.
  response.writeHead = ((...args: unknown[]) => {
    const headers = args.at(-1);
    if (typeof headers === 'object' && headers !== null && !Array.isArray(headers)) {
      for (const name of Object.keys(headers)) {
        if (name.toLowerCase() === 'content-length') delete (headers as Record<string, unknown>)[name];
      }
    }
    response.removeHeader('Content-Length');
    return (writeHead as (...all: unknown[]) => ServerResponse).apply(response, args);
  }) as typeof writeHead;
  response.write = ((chunk: unknown, ...rest: unknown[]) =>
    (write as (...all: unknown[]) => boolean).call(response, restore(chunk), ...rest)) as typeof write;
  response.end = ((chunk?: unknown, ...rest: unknown[]) => {
    if (!response.headersSent) response.removeHeader('Content-Length');
    return (end as (...all: unknown[]) => ServerResponse).call(response, restore(chunk), ...rest);
  }) as typeof end;
}

/**
 * Returns a body with `null` members of `params` left out, for `null` is how many clients say that they leave an optional
 * one out. A batch loses its cancellations: what they cancel is in the same batch, or in none that is still answered.
 */
export function normaliseMessages(body: unknown): unknown {
  if (!Array.isArray(body)) return normaliseMessage(body);
  const asked = body.filter((message) => !isCancellation(message));
  // Nothing but cancellations is answered as one of them is.
  return asked.length === 0 && body.length > 0 ? normaliseMessage(body[0]) : asked.map(normaliseMessage);
}

function normaliseMessage(message: unknown): unknown {
  if (!isObject(message) || !('params' in message)) return message;
  const { params, ...rest } = message;
  if (params === null) return rest;
  if (!isObject(params) || !Object.values(params).includes(null)) return message;
  return { ...message, params: Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null)) };
}

function isCancellation(message: unknown): boolean {
  return isObject(message) && message['method'] === 'notifications/cancelled';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Some proxies and clients send a header twice, or empty: the same value twice is that value, and none is no header. */
export function mergeDoubledHeaders(request: IncomingMessage): void {
  for (const name of ['mcp-protocol-version', 'mcp-method', 'mcp-name']) {
    const value = [request.headers[name] ?? []].flat().join();
    if (value.trim() === '') delete request.headers[name];
    if (!value.includes(',')) continue;
    const [first, ...others] = value.split(/\s*,\s*/);
    if (first !== undefined && others.length > 0 && others.every((other) => other === first)) {
      request.headers[name] = first;
    }
  }
}
