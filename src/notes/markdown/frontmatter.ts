import { parse as parseToml, TomlDate } from 'smol-toml';
import { type Document, isAlias, isMap, isScalar, parseDocument, visit } from 'yaml';
import { type Frontmatter, limits, type PropertyValue } from './note.js';

export interface ReadFrontmatter {
  readonly frontmatter: Frontmatter;
  /** The YAML that can be read. */
  readonly document: Document.Parsed | undefined;
  /** Why it cannot be read, or what is wrong with it. */
  readonly problem: string | undefined;
}

const none: ReadFrontmatter = {
  frontmatter: { kind: 'none', bodyStart: 0, data: {} },
  document: undefined,
  problem: undefined,
};
const maxNesting = 100;
const maxAliases = 100;
/** The parser recurses: far deeper it would run out of stack, within a regular expression even end the process. */
const deepList = new RegExp(`(?:[-?:][ \\t]+){${maxNesting}}`);

/** Reads what stands between `---` or `+++` lines at the top of a note. */
export function readFrontmatter(text: string): ReadFrontmatter {
  const opening = /^(?:---|\+\+\+)[ \t]*\r?\n/.exec(text)?.[0];
  if (opening === undefined) return none;
  const kind = opening.startsWith('-') ? 'yaml' : 'toml';
  const closing = kind === 'yaml' ? /^(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/gm : /^\+\+\+[ \t]*(?:\r?\n|$)/gm;
  closing.lastIndex = opening.length;
  const end = closing.exec(text);
  if (end === null) return none;
  const block = {
    kind,
    source: { start: opening.length, end: end.index },
    bodyStart: end.index + end[0].length,
  } as const;
  const source = text.slice(opening.length, end.index);
  const read = kind === 'yaml' ? readYaml(source) : readToml(source);
  return { ...read, frontmatter: { ...block, data: read.data } };
}

interface ReadFields {
  readonly data: Readonly<Record<string, unknown>>;
  readonly document: Document.Parsed | undefined;
  readonly problem: string | undefined;
}

/** Reads the fields of a YAML mapping, in time linear in it; what cannot be read is a problem. */
export function readYaml(source: string): ReadFields {
  const failed = (problem: string) => ({ data: {}, document: undefined, problem });
  if (source.length > limits.frontmatterBytes) return failed(`it is longer than ${limits.frontmatterBytes} characters`);
  try {
    const document = parseYaml(source);
    const [error] = document.errors;
    if (error !== undefined) {
      // The opening line counts.
      const line = source.slice(0, error.pos[0]).split('\n').length + 1;
      return failed(`${error.message} at line ${line}`);
    }
    if (document.contents === null) return { data: {}, document, problem: undefined };
    if (!isMap(document.contents)) return failed('it is not a list of "key: value" fields');
    const twice = firstDuplicate(document.contents.items.map(({ key }) => (isScalar(key) ? String(key.value) : '')));
    if (twice !== undefined) return failed(`the key ${JSON.stringify(twice.slice(0, 100))} is there twice`);
    return {
      data: document.toJS({ maxAliasCount: maxAliases }) as Record<string, unknown>,
      document,
      problem: undefined,
    };
  } catch (error) {
    return failed(error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'it cannot be read');
  }
}

/** Parses YAML, at most 64 KB of it; its errors are the document's. Throws RangeError when values are nested too deep or too many. */
export function parseYaml(source: string): Document.Parsed {
  let depth = 0;
  for (const { 0: bracket } of source.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + ('[{'.includes(bracket) ? 1 : -1));
    if (depth > maxNesting) break;
  }
  if (depth > maxNesting || deepList.test(source)) throw new RangeError('values are nested too deep');
  // Its own look for equal keys compares each with each, and pretty messages count lines for each of many errors.
  const document = parseDocument(source, { logLevel: 'silent', uniqueKeys: false, prettyErrors: false });
  let aliases = 0;
  visit(document, (_key, node) => {
    if (isAlias(node) && ++aliases > maxAliases) throw new RangeError('it has too many aliases');
  });
  return document;
}

function readToml(source: string): ReadFields {
  const failed = (problem: string) => ({ data: {}, document: undefined, problem });
  if (source.length > limits.frontmatterBytes) return failed(`it is longer than ${limits.frontmatterBytes} characters`);
  try {
    return { data: parseToml(source, { maxDepth: maxNesting }), document: undefined, problem: undefined };
  } catch (error) {
    return failed(error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'it cannot be read');
  }
}

/** Returns a field by the first of these names that is there, in any case. */
export function fieldOf(data: Readonly<Record<string, unknown>>, ...names: string[]): unknown {
  const keys = new Map(Object.keys(data).map((key) => [key.toLowerCase(), key]));
  for (const name of names) {
    const key = keys.get(name);
    if (key !== undefined && data[key] !== null && data[key] !== '') return data[key];
  }
  return undefined;
}

/** Returns a field's scalars: one, or those of a list; nothing of what is nested deeper. */
export function scalarsOf(value: unknown): PropertyValue[] {
  const values = Array.isArray(value) ? value : [value];
  return values.flatMap((one): PropertyValue[] => {
    if (one instanceof TomlDate) return [one.toISOString()];
    if (typeof one === 'bigint') return [Number(one)];
    return one === null || ['string', 'number', 'boolean'].includes(typeof one) ? [one as PropertyValue] : [];
  });
}

function firstDuplicate(keys: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return keys.find((key) => seen.size === seen.add(key).size);
}
