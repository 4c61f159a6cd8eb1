import { isDeepStrictEqual } from 'node:util';
import { Document, isCollection, isMap, isScalar, isSeq, type Node, type Pair, stringify, type YAMLMap } from 'yaml';
import { VaultError } from './errors.js';
import { findFrontmatter, parseYaml } from './frontmatter.js';
import { quotePath } from './note-path.js';
import { type LineEnding, lineEndingOf, withLineEnding } from './note-text.js';

export type FrontmatterValue =
  | string
  | number
  | boolean
  | null
  | readonly FrontmatterValue[]
  | { readonly [key: string]: FrontmatterValue };

export interface FrontmatterChange {
  readonly set?: Readonly<Record<string, FrontmatterValue>>;
  readonly remove?: readonly string[];
}

type Fields = Record<string, unknown>;
type FieldMap = YAMLMap<Node, Node | null>;
type Field = Pair<Node, Node | null>;

/**
 * Returns `text` with the fields of its frontmatter set and removed, every other line being byte for byte as it was; the
 * frontmatter is made when there is none, and goes with its last field. Throws VaultError `bad_argument`, or
 * `bad_frontmatter` when what is there cannot be changed without touching more.
 */
export function editFrontmatter(text: string, change: FrontmatterChange, path: string): string {
  const steps = [
    ...Object.entries(change.set ?? {}).map(([key, value]) => ({ key: checkedKey(key), value: plainValue(value) })),
    ...(change.remove ?? []).map((key) => ({ key: checkedKey(key), value: undefined })),
  ];
  if (steps.length === 0)
    throw new VaultError('bad_argument', 'Name at least one frontmatter field to set or to remove.');
  const range = findFrontmatter(text);
  const ending = lineEndingOf(text);
  let source = range === undefined ? '' : text.slice(range.start, range.end);
  for (const { key, value } of steps) source = editField(source, key, value, ending, path);
  if (range === undefined) return source === '' ? text : `---${ending}${source}---${ending}${text}`;
  if (source.trim() === '') return text.slice(range.bodyStart);
  const edited = text.slice(0, range.start) + source + text.slice(range.end);
  // A value that reads as the closing line would cut the frontmatter short.
  const again = findFrontmatter(edited);
  if (again === undefined || again.end - again.start !== source.length) throw tooUnusual(path);
  return edited;
}

/** Returns the fields of a frontmatter's YAML. Throws VaultError `bad_frontmatter`. */
function parseFields(source: string, path: string): { map: FieldMap | undefined; fields: Fields } {
  try {
    const document = parseYaml(source);
    const [problem] = document.errors;
    if (problem !== undefined) throw badYaml(path, problem.message.split('\n')[0] ?? '', problem);
    if (document.contents === null) return { map: undefined, fields: {} };
    if (!isMap<Node, Node | null>(document.contents)) throw badYaml(path, 'it is not a list of "key: value" fields');
    return { map: document.contents, fields: document.toJS({ maxAliasCount: 100 }) as Fields };
  } catch (error) {
    if (error instanceof VaultError) throw error;
    throw badYaml(path, error instanceof Error ? error.message : '', error);
  }
}

function editField(
  source: string,
  wanted: string,
  value: FrontmatterValue | undefined,
  ending: LineEnding,
  path: string,
): string {
  const { map, fields } = parseFields(source, path);
  const field = findField(map, wanted);
  if (value === undefined && field === undefined) return source;
  const key = field === undefined ? wanted : keyOf(field);
  const expected = { ...fields };
  if (value === undefined) delete expected[key];
  else expected[key] = value;
  if (isDeepStrictEqual(expected, fields)) return source;
  const edited = map?.flow
    ? withLineEnding(changedFlowMap(source, key, value), ending)
    : spliceField(source, map, field, key, value, ending);
  if (!isDeepStrictEqual(parseFields(edited, path).fields, expected)) throw tooUnusual(path);
  return edited;
}

function spliceField(
  source: string,
  map: FieldMap | undefined,
  field: Field | undefined,
  key: string,
  value: FrontmatterValue | undefined,
  ending: LineEnding,
): string {
  const old = field?.value;
  const lines = value === undefined ? '' : withLineEnding(fieldLines(source, map, key, value, old), ending);
  if (field === undefined) return source + lines;
  if (value !== undefined && isScalar(old) && old.range) {
    const written = stringify(value, { lineWidth: 0 }).trimEnd();
    const [start, end] = old.range;
    // The value alone is replaced where it fits on its line, so that a comment after it stays.
    if (typeof value !== 'object' && !written.includes('\n') && !source.slice(start, end).includes('\n')) {
      return `${source.slice(0, start)}${source[start - 1] === ':' ? ' ' : ''}${written}${source.slice(end)}`;
    }
  }
  const keyRange = field.key.range ?? [0, 0, 0];
  const start = source.lastIndexOf('\n', keyRange[0] - 1) + 1;
  const last = Math.max(keyRange[1], old?.range?.[1] ?? 0);
  const lineEnd = source[last - 1] === '\n' ? last : source.indexOf('\n', last) + 1;
  return source.slice(0, start) + lines + source.slice(lineEnd === 0 ? source.length : lineEnd);
}

/** The lines of a field, written as the note writes its lists and indents its fields. */
function fieldLines(
  source: string,
  map: FieldMap | undefined,
  key: string,
  value: FrontmatterValue,
  old: Node | null | undefined,
): string {
  const document = new Document({ [key]: value });
  const node = document.get(key, true);
  if (isCollection(node) && isCollection(old) && old.flow) node.flow = true;
  const isFlushList = (list: Node | null) => isSeq(list) && !list.flow && source[(list.range?.[0] ?? 0) - 1] === '\n';
  const lines = document.toString({
    lineWidth: 0,
    flowCollectionPadding: false,
    indentSeq: !map?.items.some((field) => isFlushList(field.value)),
  });
  const firstKey = map?.items[0]?.key.range?.[0] ?? 0;
  const indent = source.slice(source.lastIndexOf('\n', firstKey - 1) + 1, firstKey);
  return /^ +$/.test(indent) ? lines.replace(/^(?=.)/gm, indent) : lines;
}

/** A frontmatter in one pair of braces is one value, so it is written anew as a whole. */
function changedFlowMap(source: string, key: string, value: FrontmatterValue | undefined): string {
  const document = parseYaml(source);
  if (value === undefined) document.delete(key);
  else document.set(key, value);
  return document.toString({ lineWidth: 0 });
}

/** A field by its name, else by its name in another case: editors take these for one. */
function findField(map: FieldMap | undefined, wanted: string): Field | undefined {
  const fields = map?.items ?? [];
  const same = (field: Field) => keyOf(field).normalize('NFC').toLowerCase() === wanted.normalize('NFC').toLowerCase();
  return fields.find((field) => keyOf(field) === wanted) ?? fields.find(same);
}

function keyOf(field: Field): string {
  return isScalar(field.key) ? String(field.key.value) : '';
}

/** As it will be read back: what JSON cannot say is no frontmatter either. */
function plainValue(value: FrontmatterValue): FrontmatterValue {
  return JSON.parse(JSON.stringify(value)) as FrontmatterValue;
}

function checkedKey(key: string): string {
  if (key.trim() !== '' && key.length <= 200 && !/\p{Cc}/u.test(key) && key !== '__proto__') return key;
  throw new VaultError(
    'bad_argument',
    `A frontmatter field cannot be named ${quotePath(key)}: use a short name such as status.`,
  );
}

function badYaml(path: string, problem: string, cause?: unknown): VaultError {
  return new VaultError(
    'bad_frontmatter',
    `The frontmatter of ${quotePath(path)} is not valid YAML (${problem}); nothing was changed. Correct it with an edit of its text first.`,
    { cause },
  );
}

function tooUnusual(path: string): VaultError {
  return new VaultError(
    'bad_frontmatter',
    `The field cannot be changed without touching others in the frontmatter of ${quotePath(path)}; nothing was changed. Edit its text instead.`,
  );
}
