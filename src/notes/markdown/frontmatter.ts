import { parse as parseToml, TomlDate } from 'smol-toml';
import { type Document, isMap, isScalar, parseDocument, type Scalar, visit } from 'yaml';
import { type Frontmatter, limits, type PropertyValue } from './note.js';

interface ReadFields {
  readonly data: Readonly<Record<string, unknown>>;
  /** The YAML that can be read. */
  readonly document?: Document.Parsed;
  /** Why it cannot be read. */
  readonly problem?: string;
}

const maxNesting = 100;
const maxAliases = 100;
/** The parser recurses: far deeper it would run out of stack, within a regular expression even end the process. */
const deepList = new RegExp(`(?:[-?:][ \\t]+){${maxNesting}}`);

/** Reads what stands between `---` or `+++` lines at the top of a note. */
export function readFrontmatter(text: string): Omit<ReadFields, 'data'> & { frontmatter: Frontmatter } {
  const none: Frontmatter = { kind: 'none', source: { start: 0, end: 0 }, bodyStart: 0, data: {} };
  const opening = /^(?:---|\+\+\+)[ \t]*\r?\n/.exec(text)?.[0];
  if (opening === undefined) return { frontmatter: none };
  const kind = opening.startsWith('-') ? 'yaml' : 'toml';
  const closing = kind === 'yaml' ? /^(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/gm : /^\+\+\+[ \t]*(?:\r?\n|$)/gm;
  closing.lastIndex = opening.length;
  const end = closing.exec(text);
  if (end === null) return { frontmatter: none };
  const source = { start: opening.length, end: end.index };
  const { data, ...read } = readFields(kind, text.slice(source.start, source.end));
  return { ...read, frontmatter: { kind, source, bodyStart: closing.lastIndex, data } };
}

/** Reads the fields of a frontmatter, in time linear in it; what cannot be read is a problem. */
export function readFields(kind: 'yaml' | 'toml', source: string): ReadFields {
  try {
    const most = limits.frontmatterBytes;
    if (source.length > most) throw new RangeError(`it is longer than ${most} characters`);
    return kind === 'yaml' ? readYaml(source) : { data: parseToml(source, { maxDepth: maxNesting }) };
  } catch (error) {
    return { data: {}, problem: String(error instanceof Error ? error.message : error).split('\n')[0] ?? '' };
  }
}

function readYaml(source: string): ReadFields {
  if (isTooDeep(source)) throw new RangeError('values are nested too deep');
  // Its own look for equal keys compares each with each, and pretty messages count lines for each of many errors.
  const document = parseDocument(source, { logLevel: 'silent', uniqueKeys: false, prettyErrors: false });
  const { contents, errors } = document;
  const [error] = errors;
  if (error !== undefined) {
    // The opening line counts.
    const line = source.slice(0, error.pos[0]).split('\n').length + 1;
    throw new SyntaxError(`${error.message} at line ${line}`);
  }
  if (contents === null) return { data: {}, document };
  if (!isMap(contents)) throw new TypeError('it is not a list of "key: value" fields');
  const keys = contents.items.map(({ key }) => (isScalar(key) ? String(key.value) : ''));
  const seen = new Set<string>();
  const twice = keys.find((key) => seen.size === seen.add(key).size);
  if (twice !== undefined) throw new SyntaxError(`the key ${JSON.stringify(twice.slice(0, 100))} is there twice`);
  return { data: fieldsOf(document), document };
}

/** A number that would not be written again as it is (`007`, `1.10`, one of twenty digits) is text. */
function fieldsOf(document: Document.Parsed): Record<string, unknown> {
  const numbers: [Scalar, unknown][] = [];
  visit(document, {
    Scalar(key, node) {
      const { value, source } = node;
      if (typeof value === 'number' && source !== String(value) && key !== 'key') numbers.push([node, value]);
    },
  });
  for (const [node] of numbers) node.value = node.source;
  const data = document.toJS({ maxAliasCount: maxAliases }) as Record<string, unknown>;
  for (const [node, value] of numbers) node.value = value;
  return data;
}

function isTooDeep(source: string): boolean {
  let depth = 0;
  for (const { 0: bracket } of source.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + ('[{'.includes(bracket) ? 1 : -1));
    if (depth > maxNesting) return true;
  }
  return deepList.test(source);
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
