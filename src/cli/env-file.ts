import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { systemErrorCode } from '../errors.js';
import { UsageError } from './errors.js';
import type { Environment } from './serve-settings.js';

export interface EnvFile {
  readonly variables: Readonly<Record<string, string>>;
  /** What a service manager or a container would read otherwise, each with its line; for people. */
  readonly remarks: readonly string[];
}

/**
 * Returns the environment with the variables of the file `path` added; what is set and not empty wins. Throws UsageError
 * when the file cannot be read.
 */
export async function addEnvFile(path: string, env: Environment): Promise<Environment> {
  const text = await readText(path);
  const { variables } = parseEnvFile(text);
  // Node takes an --env-file of its script for its own, and may have set what its parser, which cuts at #, made of it.
  const byNode: Readonly<Record<string, string | undefined>> = parseEnv(text);
  const added = { ...env };
  for (const [name, value] of Object.entries(variables)) {
    if (!env[name] || env[name] === byNode[name]) added[name] = value;
  }
  return added;
}

/** Returns what is remarkable about the file `path`; throws UsageError when it cannot be read. */
export async function remarksOnEnvFile(path: string): Promise<readonly string[]> {
  return parseEnvFile(await readText(path)).remarks;
}

async function readText(path: string): Promise<string> {
  if (path === '') throw new UsageError('--env-file is empty', 'name a file, or omit it');
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `the environment file ${path} cannot be read: ${systemErrorCode(error) ?? 'unknown error'}`,
      'check the path of --env-file, and whether this user may read it',
    );
  }
}

/**
 * Reads what systemd reads (EnvironmentFile=, systemd.exec(5)): quotes, backslashes, lines that go on, comments in `#` and
 * `;`. Parsers of .env files cut an unquoted value at any `#`, which would cut a PIN; here only a `#` after a blank ends it.
 */
export function parseEnvFile(text: string): EnvFile {
  const variables: Record<string, string> = {};
  const remarks: string[] = [];
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const head = /[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*/y;
  let at = 0;
  const lineOf = (index: number) => source.slice(0, index).split('\n').length;
  while (at < source.length) {
    head.lastIndex = at;
    const name = head.exec(source)?.[1];
    if (name === undefined) {
      const end = source.indexOf('\n', at);
      const line = source.slice(at, end === -1 ? source.length : end).trim();
      if (!/^([#;]|$)/.test(line)) remarks.push(`line ${lineOf(at)} is not an assignment and has no effect`);
      at = end === -1 ? source.length : end + 1;
      continue;
    }
    const { value, end, commentAt } = readValue(source, head.lastIndex);
    variables[name] = value;
    if (commentAt !== undefined) {
      remarks.push(`line ${lineOf(commentAt)}: systemd and docker read the # after ${name} as part of the value`);
    }
    at = end;
  }
  return { variables, remarks };
}

function readValue(source: string, start: number): { value: string; end: number; commentAt: number | undefined } {
  let value = '';
  /** The length that trailing blanks do not count to. */
  let kept = 0;
  let at = start;
  let mayQuote = true;
  for (; at < source.length && source[at] !== '\n'; at += 1) {
    const character = source[at] as string;
    if (mayQuote && (character === "'" || character === '"')) {
      const quoted = readQuoted(source, at + 1, character);
      value += quoted.value;
      kept = value.length;
      at = quoted.end;
    } else if (character === '\\') {
      at += 1;
      if (at < source.length && source[at] !== '\n') value += source[at];
      kept = value.length;
      mayQuote = false;
    } else if (character === '#' && /[ \t]/.test(source[at - 1] as string)) {
      const end = source.indexOf('\n', at);
      return { value: value.slice(0, kept), end: end === -1 ? source.length : end + 1, commentAt: at };
    } else if (/[ \t]/.test(character)) {
      if (!mayQuote) value += character;
    } else {
      value += character;
      kept = value.length;
      mayQuote = false;
    }
  }
  return { value: value.slice(0, kept), end: at + 1, commentAt: undefined };
}

/** `end` is the closing quote. */
function readQuoted(source: string, start: number, quote: string): { value: string; end: number } {
  let value = '';
  let at = start;
  for (; at < source.length && source[at] !== quote; at += 1) {
    if (quote === '"' && source[at] === '\\' && at + 1 < source.length) {
      at += 1;
      const next = source[at] as string;
      if (next !== '\n') value += /["\\`$]/.test(next) ? next : `\\${next}`;
    } else {
      value += source[at];
    }
  }
  return { value, end: at };
}
