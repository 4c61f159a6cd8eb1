import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { parseEnvFile } from './env-file.js';
import { UsageError } from './errors.js';
import { flagOf, type ServeOption, type ServeOptionName, serveOptions, type TypedOptions } from './serve-options.js';
import type { Environment } from './serve-settings.js';

/** A service unit of systemd, as far as the server that it starts is concerned. */
export interface ServiceUnit {
  readonly path: string;
  /** What the service sees of variables: Environment=, and the files of EnvironmentFile= over it. */
  readonly environment: Environment;
  readonly environmentFiles: readonly string[];
  /** Settings typed in ExecStart=. */
  readonly typed: TypedOptions;
  readonly user: string | undefined;
  /** Where it runs, as relative paths go. */
  readonly folder: string;
  /** The port of the socket unit that it requires, in place of the one of its settings. */
  readonly socketPort: string | undefined;
  /** Files and programs without which the service does not start, each with the line that names it. */
  readonly needed: readonly { readonly path: string; readonly line: string }[];
  /** The words of a directive, in order; none when it is not there. */
  words(directive: string): readonly string[];
}

const specifiers: Readonly<Record<string, string>> = { S: '/var/lib', C: '/var/cache', L: '/var/log', t: '/run' };
const directories = { StateDirectory: '/var/lib', CacheDirectory: '/var/cache', LogsDirectory: '/var/log' } as const;

/** Reads a unit with its drop-ins (systemd.unit(5)); `name@instance.service` may be its template's. Throws UsageError. */
export async function readUnit(path: string): Promise<ServiceUnit> {
  const directives = await readDirectives(path, instanceOf(path));
  const words = (name: string) => directives.get(name) ?? [];
  const credentials = new Map(words('LoadCredential').map((word) => splitOnce(word, ':')));
  // What is handed over as a credential is a copy: its source is what can be looked at.
  const sourceOf = (value: string) =>
    (value.startsWith(`${credentialsFolder}/`) && credentials.get(value.slice(credentialsFolder.length + 1))) || value;
  const environmentFiles: string[] = [];
  const environment: Record<string, string> = Object.fromEntries(
    words('Environment').map((word) => splitOnce(word, '=')),
  );
  for (const file of words('EnvironmentFile').map(withoutMarks)) {
    const text = await readIfThere(file);
    if (text === undefined) continue;
    environmentFiles.push(file);
    Object.assign(environment, parseEnvFile(text).variables);
  }
  for (const [name, value] of Object.entries(environment)) environment[name] = sourceOf(value);
  const [start = '', ...command] = words('ExecStart');
  const program = start.replace(/^[-@:+!|]+/, '');
  const socket = words('Requires').find((unit) => unit.endsWith('.socket'));
  return {
    path,
    environment,
    environmentFiles,
    typed: typedIn(command.flatMap((word) => expandVariables(word, environment)).map(sourceOf)),
    user: words('User').at(-1),
    folder: words('WorkingDirectory').at(-1) ?? '/',
    socketPort: socket === undefined ? undefined : await readSocketPort(join(dirname(path), socket)),
    needed: [
      // A name alone is looked for where programs are.
      ...(start !== '' && !program.startsWith('/') ? [] : [{ path: program, line: 'ExecStart=' }]),
      ...[...credentials.values()]
        .filter((file) => file !== '')
        .map((file) => ({ path: file, line: 'LoadCredential=' })),
      ...['EnvironmentFile', 'ReadWritePaths', 'BindPaths'].flatMap((name) =>
        words(name)
          .filter((word) => !word.startsWith('-'))
          .map((word) => ({ path: withoutMarks(word), line: `${name}=` })),
      ),
    ],
    words,
  };
}

/** Returns the folders below which the service may write although the rest is read-only to it. */
export function writableFolders({ words }: ServiceUnit): string[] {
  return [
    ...words('ReadWritePaths').map(withoutMarks),
    ...words('BindPaths').map(boundAt),
    ...Object.entries(directories).flatMap(([name, root]) =>
      words(name).map((word) => join(root, word.split(':')[0] ?? '')),
    ),
  ];
}

/** Returns where a word of BindPaths= or BindReadOnlyPaths= shows its folder. */
export function boundAt(word: string): string {
  const [from = '', to = from] = word.replace(/^-/, '').split(':');
  return to;
}

/** Returns the path of a word that may have marks before it and, of a mount, its place after it. */
function withoutMarks(word: string): string {
  return word.replace(/^[-+]+/, '').split(':', 1)[0] ?? '';
}

async function readSocketPort(path: string): Promise<string | undefined> {
  const directives = await readDirectives(path, instanceOf(path)).catch(() => undefined);
  return /^(?:.*:)?(\d+)$/.exec(directives?.get('ListenStream')?.at(-1) ?? '')?.[1];
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    throw new UsageError(`${path} cannot be read: ${code ?? 'unknown error'}`, 'run this as root');
  }
}

const credentialsFolder = '/run/credentials';

function instanceOf(path: string): string {
  return /@(.*)\.\w+$/.exec(basename(path))?.[1] ?? '';
}

/** Reads a unit, or its template, with the drop-ins of both; throws UsageError. */
async function readDirectives(path: string, instance: string): Promise<Map<string, string[]>> {
  const template = path.replace(/@[^/]*(\.\w+)$/, '@$1');
  try {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (systemErrorCode(error) !== 'ENOENT' || template === path) throw error;
      return readFile(template, 'utf8');
    });
    return parseDirectives([text, ...(await readDropIns([...new Set([template, path])]))], instance);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `the unit ${path} cannot be read: ${systemErrorCode(error) ?? 'unknown error'}`,
      'name the file of the service, such as /etc/systemd/system/vault-mcp.service',
    );
  }
}

/** In the order of their names; of two with one name that of the last path counts. */
async function readDropIns(paths: readonly string[]): Promise<string[]> {
  const files = new Map<string, string>();
  for (const path of paths) {
    const names = await readdir(`${path}.d`).catch(() => []);
    for (const name of names) if (name.endsWith('.conf')) files.set(name, join(`${path}.d`, name));
  }
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return await Promise.all(sorted.map(async ([, file]) => (await readIfThere(file)) ?? ''));
}

/** Assignments of one name add up, and an empty one takes back what was there (systemd.syntax(7)). */
function parseDirectives(texts: readonly string[], instance: string): Map<string, string[]> {
  const directives = new Map<string, string[]>();
  for (const line of texts.join('\n').replace(/\\\n/g, ' ').split('\n')) {
    const [, name = '', value = ''] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === '') continue;
    const words = splitWords(value).map((word) => expand(word, instance));
    directives.set(name, value === '' ? [] : [...(directives.get(name) ?? []), ...words]);
  }
  return directives;
}

function splitWords(text: string): string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|[^\s"'\\])+/g) ?? [];
  return words.map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|\\(.)/g, (_all, double, single, escaped) =>
      escaped !== undefined ? escaped : String(double ?? single).replace(/\\(.)/g, '$1'),
    ),
  );
}

function expand(word: string, instance: string): string {
  return word.replace(/%(.)/g, (all, letter: string) => {
    if (letter === '%') return '%';
    if (letter === 'i' || letter === 'I') return instance;
    return letter === 'd' ? credentialsFolder : (specifiers[letter] ?? all);
  });
}

/** A variable that is a word of its own may be several words, or none (systemd.service(5)). */
function expandVariables(word: string, environment: Environment): string[] {
  const [, whole] = /^\$([A-Za-z_]\w*)$/.exec(word) ?? [];
  if (whole !== undefined) return splitWords(environment[whole] ?? '');
  return [
    word.replace(/\$\$|\$\{(\w+)\}/g, (_all, name?: string) => (name === undefined ? '$' : (environment[name] ?? ''))),
  ];
}

function typedIn(command: readonly string[]): TypedOptions {
  const typed: Record<string, unknown> = {};
  for (const [at, word] of command.entries()) {
    const [flag, value] = splitOnce(word, '=');
    const found = Object.entries(serveOptions).find(([, option]) => flagOf(option) === flag);
    if (found === undefined) continue;
    const [name, option] = found as [ServeOptionName, ServeOption];
    const given = word.includes('=') ? value : command[at + 1];
    if (!option.flags.includes('<')) typed[name] = !flag.startsWith('--no-');
    else typed[name] = option.repeatable && typed[name] !== undefined ? `${typed[name]},${given}` : given;
  }
  return typed as TypedOptions;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
