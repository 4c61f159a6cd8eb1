import { isDeepStrictEqual } from 'node:util';
import { Document, isCollection, isMap, isScalar, isSeq, type Node, type Pair, stringify, type YAMLMap } from 'yaml';
import { NotesError } from '../errors.js';
import { foldPath, quotePath } from '../files/note-path.js';
import { readFields, readFrontmatter } from '../markdown/frontmatter.js';
import type { ParsedNote } from '../markdown/note.js';
import type { FrontmatterFields, PropertyValue } from '../notes.js';
import { type LineEnding, lineEndingOf, type Replacement, replaceSpans, withLineEnding } from './note-style.js';

type FieldMap = YAMLMap<Node, Node | null>;
type Field = Pair<Node, Node | null>;

const maxSteps = 100;

/**
 * Returns the note's text with the fields of its frontmatter set and removed, every other byte being as it was; the
 * frontmatter is made when there is none, and goes with its last field. Throws NotesError `bad_argument`, or
 * `bad_frontmatter` when what is there cannot be changed without touching more.
 */
export function editFrontmatter(
  { text, frontmatter }: Pick<ParsedNote, 'text' | 'frontmatter'>,
  change: Pick<FrontmatterFields, 'set' | 'remove'>,
  path: string,
): string {
  const steps = [
    ...Object.entries(change.set ?? {}).map(([key, value]) => ({ key: checkedKey(key), value: plainValue(value) })),
    ...(change.remove ?? []).map((key) => ({ key: checkedKey(key), value: undefined })),
  ];
  if (steps.length === 0 || steps.length > maxSteps) {
    throw new NotesError(
      'bad_argument',
      `Name at least one frontmatter field to set or to remove, and at most ${maxSteps}.`,
    );
  }
  if (frontmatter.kind === 'toml') {
    throw new NotesError(
      'bad_frontmatter',
      `The frontmatter of ${quotePath(path)} is TOML (+++), which this tool cannot change; nothing was changed. Edit its text instead.`,
    );
  }
  const { start, end } = frontmatter.source;
  const ending = lineEndingOf(text);
  const source = editFields(text.slice(start, end), steps, ending, path);
  if (source === text.slice(start, end)) return text;
  if (frontmatter.kind === 'none') return `---${ending}${source}---${ending}${text}`;
  const body = text.slice(frontmatter.bodyStart);
  // What stands below may look like a frontmatter too: then an empty one keeps it the body that it is.
  if (source.trim() === '' && readFrontmatter(body).frontmatter.kind === 'none') return body;
  const edited = text.slice(0, start) + source + text.slice(end);
  // A value that reads as the closing line would cut the frontmatter short.
  const again = readFrontmatter(edited).frontmatter;
  if (again.kind !== 'yaml' || again.source.end - again.source.start !== source.length) throw tooUnusual(path);
  return edited;
}

interface Step {
  readonly key: string;
  /** Undefined: the field is removed. */
  readonly value: PropertyValue | undefined;
}

/** Reads the source once for all steps, for it may be long. */
function editFields(source: string, steps: readonly Step[], ending: LineEnding, path: string): string {
  const { document, data: fields, problem } = readFields('yaml', source);
  if (problem !== undefined) {
    throw new NotesError(
      'bad_frontmatter',
      `The frontmatter of ${quotePath(path)} is not valid YAML (${problem}); nothing was changed. Edit its text to correct it first.`,
    );
  }
  const contents = document?.contents;
  const map = isMap<Node, Node | null>(contents) ? contents : undefined;
  const expected: Record<string, unknown> = { ...fields };
  /** By the field, or the folded name of a new one: the last step on it counts. */
  const changes = new Map<Field | string, Step>();
  for (const { key: wanted, value } of steps) {
    const field = findField(map, wanted);
    const id = field ?? foldPath(wanted);
    const key = changes.get(id)?.key ?? (field === undefined ? wanted : keyOf(field));
    changes.set(id, { key, value });
    if (value === undefined) delete expected[key];
    else expected[key] = value;
  }
  for (const [id, { key }] of changes) if (isDeepStrictEqual(expected[key], fields[key])) changes.delete(id);
  if (changes.size === 0) return source;
  let edited: string;
  if (document !== undefined && map?.flow) {
    // A template's `{{ x }}` is such a value too, and would not be written as it was.
    if (!map.items.every((item) => isScalar(item.key))) throw tooUnusual(path);
    edited = withLineEnding(changedFlowMap(document, source, changes.values()), ending);
  } else {
    edited = replaceSpans(
      source,
      [...changes].map(([id, step]) => spliceOf(source, map, typeof id === 'string' ? undefined : id, step, ending)),
    );
  }
  const again = readFields('yaml', edited);
  if (again.problem !== undefined) {
    throw new NotesError(
      'bad_frontmatter',
      `With this change the frontmatter of ${quotePath(path)} could not be read (${again.problem}); nothing was changed.`,
    );
  }
  if (!isDeepStrictEqual(again.data, expected)) throw tooUnusual(path);
  return edited;
}

function spliceOf(
  source: string,
  map: FieldMap | undefined,
  field: Field | undefined,
  { key, value }: Step,
  ending: LineEnding,
): Replacement {
  const old = field?.value;
  const lines = value === undefined ? '' : withLineEnding(fieldLines(source, map, key, value, old), ending);
  if (field === undefined) return { start: source.length, end: source.length, written: lines };
  if (value !== undefined && isScalar(old) && old.range) {
    const written = stringify(value, { lineWidth: 0 }).trimEnd();
    const [start, end] = old.range;
    // The value alone is replaced where it fits on its line, so that a comment after it stays.
    if (typeof value !== 'object' && !written.includes('\n') && !source.slice(start, end).includes('\n')) {
      return { start, end, written: source[start - 1] === ':' ? ` ${written}` : written };
    }
  }
  const keyRange = field.key.range ?? [0, 0, 0];
  const start = source.lastIndexOf('\n', keyRange[0] - 1) + 1;
  const last = Math.max(keyRange[1], old?.range?.[1] ?? 0);
  const lineEnd = source[last - 1] === '\n' ? last : source.indexOf('\n', last) + 1;
  return { start, end: lineEnd === 0 ? source.length : lineEnd, written: lines };
}

/** The lines of a field, written as the note writes its lists and indents its fields. */
function fieldLines(
  source: string,
  map: FieldMap | undefined,
  key: string,
  value: PropertyValue,
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

/** A frontmatter in one pair of braces is one value, so it is rewritten as a whole. */
function changedFlowMap(document: Document, source: string, changes: Iterable<Step>): string {
  for (const { key, value } of changes) {
    if (value === undefined) document.delete(key);
    else document.set(key, value);
  }
  const map = document.contents;
  const [start, end] = map?.range ?? [0, source.length];
  // Comments and blank lines around the braces stay as they are.
  for (const part of [document, map]) if (part !== null) part.comment = part.commentBefore = null;
  const padding = /^\{\s/.test(source.slice(start));
  return (
    source.slice(0, start) +
    document.toString({ lineWidth: 0, flowCollectionPadding: padding }).trimEnd() +
    source.slice(end)
  );
}

/** A field by its name, else by its name in another case: editors take these for one. */
function findField(map: FieldMap | undefined, wanted: string): Field | undefined {
  const fields = map?.items ?? [];
  const same = (field: Field) => foldPath(keyOf(field)) === foldPath(wanted);
  return fields.find((field) => keyOf(field) === wanted) ?? fields.find(same);
}

function keyOf(field: Field): string {
  return isScalar(field.key) ? String(field.key.value) : '';
}

/** As it will be read back: what JSON cannot say is no frontmatter either. */
function plainValue(value: PropertyValue): PropertyValue {
  return JSON.parse(JSON.stringify(value)) as PropertyValue;
}

function checkedKey(key: string): string {
  if (key.trim() !== '' && key.length <= 200 && !/\p{Cc}/u.test(key) && key !== '__proto__') return key;
  throw new NotesError(
    'bad_argument',
    `A frontmatter field cannot be named ${quotePath(key)}: use a short name such as status.`,
  );
}

function tooUnusual(path: string): NotesError {
  return new NotesError(
    'bad_frontmatter',
    `The field cannot be changed without changing others in the frontmatter of ${quotePath(path)}; nothing was changed. Edit its text instead.`,
  );
}
