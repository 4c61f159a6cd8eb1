import type { Document } from 'yaml';
import { type Destination, decodeEntities, decodePercent, unescapeMarkdown } from './destinations.js';
import type { Frontmatter, Link, Spelling, YamlStyle } from './note.js';
import { readYamlStyles, unescapeScalar } from './yaml-styles.js';

/** A link without its line; `base` is the offset of the text in the note. */
export type LinkDraft = Omit<Link, 'line'>;

/** No path is longer, and percent-encoding makes it three times as long. */
const maxTargetCharacters = 3 * 4_096;
const maxAnchorCharacters = 1_000;
const web = /^(?:[a-z][a-z0-9+.-]*:|\/\/|www\.(?!.*\.md$))/i;
const plain: Spelling = { angled: false, encoded: false, yaml: undefined };

/** `[[inner]]`; undefined for one to the web, or to nothing. In a table the bar before the alias is escaped. */
export function wikilink(isEmbed: boolean, inner: string, innerStart: number, yaml?: YamlStyle): LinkDraft | undefined {
  const [named = ''] = inner.split(/\\?\|/, 1);
  const hash = named.indexOf('#');
  const file = hash === -1 ? named : named.slice(0, hash);
  const written = file.trim();
  const anchor = hash === -1 ? '' : named.slice(hash, hash + maxAnchorCharacters).trimEnd();
  if (
    written.length > maxTargetCharacters ||
    (written === '' && anchor.length < 2) ||
    /^[a-z][a-z0-9+.-]*:\/\//i.test(written)
  )
    return undefined;
  const start = innerStart + (written === '' ? 0 : file.indexOf(written));
  return {
    kind: isEmbed ? 'embed' : 'wiki',
    target: yaml === undefined ? written : unescapeScalar(written, yaml),
    anchor,
    start,
    end: start + written.length,
    spelling: yaml === undefined ? plain : { ...plain, yaml },
  };
}

/** The wikilinks in the values of a frontmatter of YAML; `document` is undefined where it cannot be read. */
export function frontmatterLinks(
  text: string,
  { kind, source: { start, end } }: Frontmatter,
  document: Document.Parsed | undefined,
): LinkDraft[] {
  const yaml = kind === 'yaml' ? text.slice(start, end) : '';
  if (!yaml.includes('[[')) return [];
  const styleAt = readYamlStyles(document);
  return [...yaml.matchAll(/(!?)\[\[([^[\]\n]+)\]\]/g)].flatMap(({ 0: whole, 1: mark, 2: inner = '', index }) => {
    const innerStart = index + whole.length - 2 - inner.length;
    const style = styleAt(innerStart);
    // In YAML that can be read, what is in no value is a comment.
    if (style === 'OTHER' && document !== undefined) return [];
    return wikilink(mark === '!', inner, start + innerStart, style) ?? [];
  });
}

/** A link or image by its destination in `text`, or a definition; undefined for one to the web, or to nothing. */
export function markdownLink(
  kind: 'markdown' | 'image' | 'definition',
  text: string,
  destination: Destination,
  base: number,
): LinkDraft | undefined {
  const { start, end, angled } = destination;
  const found = pathAndAnchor(text.slice(start, end), unescapeMarkdown);
  if (found === undefined) return undefined;
  const { length, ...target } = found;
  return {
    kind,
    ...target,
    start: base + start,
    end: base + start + length,
    spelling: { ...plain, angled, encoded: isEncoded(text.slice(start, start + length)) },
  };
}

const linkingTag = /^<(?:a|img|audio|video|source|iframe|embed)\s/i;
const linkAttribute = /\s(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))/gi;

/** The links of an HTML tag's `href` and `src`. */
export function htmlLinks(tag: string, base: number): LinkDraft[] {
  if (!linkingTag.test(tag)) return [];
  return [...tag.matchAll(linkAttribute)].flatMap((match) => {
    const written = match[1] ?? match[2] ?? match[3] ?? '';
    const found = pathAndAnchor(written, decodeEntities);
    if (found === undefined) return [];
    const { length, ...target } = found;
    const isQuoted = match[3] === undefined;
    const start = base + match.index + match[0].length - written.length - (isQuoted ? 1 : 0);
    const spelling = { ...plain, encoded: isEncoded(written.slice(0, length)) };
    return [{ kind: 'html', ...target, start, end: start + length, spelling }];
  });
}

/** Cuts a destination into the path, its decoded form and the anchor; a query belongs to neither. */
function pathAndAnchor(
  written: string,
  decode: (written: string) => string,
): { target: string; anchor: string; length: number } | undefined {
  const hash = written.search(/(?<!&)#/);
  const beforeHash = hash === -1 ? written : written.slice(0, hash);
  const query = /(?<=\.[a-z0-9]{1,8})\?/i.exec(beforeHash)?.index;
  const path = query === undefined ? beforeHash : beforeHash.slice(0, query);
  if (path.length > maxTargetCharacters) return undefined;
  const address = decode(path);
  const target = decodePercent(address);
  const anchor = hash === -1 ? '' : decodePercent(decode(written.slice(hash, hash + maxAnchorCharacters)));
  if (web.test(address) || (target === '' && anchor.length < 2) || /\{\{|\{%|<%|^\[\[|\$\{/.test(path))
    return undefined;
  return { target, anchor, length: path.length };
}

function isEncoded(path: string): boolean {
  return /%[89a-f][0-9a-f]/i.test(path);
}
