import { type Document, parseDocument } from 'yaml';

/** Where the YAML between the `---` lines at the top of a note stands, as offsets into its text. */
export interface FrontmatterRange {
  /** After the opening `---` line. */
  readonly start: number;
  /** Before the closing line. */
  readonly end: number;
  /** After the closing line: where the note's body begins. */
  readonly bodyStart: number;
}

const maxParsedCharacters = 20_000;
/** The parser recurses: far deeper it would run out of stack, within a regular expression even end the process. */
const maxNesting = 100;
const deepList = new RegExp(`(?:[-?:][ \\t]+){${maxNesting}}`);

/** Returns where the frontmatter of `text` stands, or undefined when it has none. */
export function findFrontmatter(text: string): FrontmatterRange | undefined {
  const opening = /^---[ \t]*\r?\n/.exec(text);
  if (opening === null) return undefined;
  const start = opening[0].length;
  const closing = /^(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/gm;
  closing.lastIndex = start;
  const found = closing.exec(text);
  return found === null ? undefined : { start, end: found.index, bodyStart: found.index + found[0].length };
}

/** Returns the frontmatter's fields; none when there is no frontmatter, or none that is a YAML mapping. */
export function readFrontmatter(text: string): Readonly<Record<string, unknown>> {
  const range = findFrontmatter(text);
  if (range === undefined || range.end - range.start > maxParsedCharacters) return {};
  try {
    const document = parseYaml(text.slice(range.start, range.end));
    const value: unknown = document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 });
    return isRecord(value) ? value : {};
  } catch {
    // An alias that expands without end, or nesting without end, is no frontmatter.
    return {};
  }
}

/** Parses YAML; its errors are the document's. Throws RangeError when values are nested too deep. */
export function parseYaml(source: string): Document.Parsed {
  let depth = 0;
  for (const { 0: bracket } of source.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + ('[{'.includes(bracket) ? 1 : -1));
    if (depth > maxNesting) break;
  }
  if (depth > maxNesting || deepList.test(source)) throw new RangeError('values are nested too deep');
  return parseDocument(source, { logLevel: 'silent' });
}

/** Returns the tags that a frontmatter names in `tags` or `tag`, as a list or in one line, without `#`. */
export function frontmatterTags(fields: Readonly<Record<string, unknown>>): string[] {
  return ['tags', 'tag'].flatMap((key) => {
    const value = field(fields, key);
    const listed = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[,\s]+/) : [];
    return listed
      .filter((tag) => typeof tag === 'string' || typeof tag === 'number')
      .flatMap((tag) => {
        const name = String(tag).trim().replace(/^#/, '');
        return name === '' ? [] : [name];
      });
  });
}

/** Returns a field by its name in any case, as text, or undefined when it is absent or no scalar. */
export function frontmatterText(fields: Readonly<Record<string, unknown>>, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = field(fields, name);
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  }
  return undefined;
}

function field(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  const key = Object.keys(fields).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? undefined : fields[key];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
