import { findFrontmatter } from './frontmatter.js';
import { maskCode } from './mask-code.js';
import { readScalarStyles, type ScalarStyle, unescapeScalar } from './yaml-scalars.js';

/** A link of a note to another file, with the offsets of its target in the note's text. */
export interface Link {
  readonly kind: 'wikilink' | 'markdown';
  /** The file it names, as written: no heading, alias or title, percent-encoding and YAML's escapes undone. */
  readonly target: string;
  /** `#heading` or `#^block`, as written; empty when there is none. */
  readonly anchor: string;
  /** Where the target as written begins and ends, without the anchor. */
  readonly start: number;
  readonly end: number;
  /** The target stands between `<` and `>`. */
  readonly isBracketed: boolean;
  /** Characters beyond ASCII are percent-encoded in it. */
  readonly isEncoded: boolean;
  /** How the value of the frontmatter is written that it stands in; undefined in the body. */
  readonly yaml: ScalarStyle | undefined;
  /** From 1. */
  readonly line: number;
}

type Target = Omit<Link, 'line'>;

const wikilink = /\[\[([^[\]\r\n]+)\]\]/g;
const inlineLink = /(?<!\\)\]\(\s*(?:<([^<>\r\n]*)>|([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*))/g;
const definition = /^ {0,3}\[(?!\^)(?:[^[\]\\\r\n]|\\.)+\]:[ \t]*(?:<([^<>\r\n]*)>|(\S+))/gm;

/** Returns the links of a note to files, in order; links to web addresses and to the note's own headings are left out. */
export function readLinks(text: string): Link[] {
  if (!text.includes('[[') && !text.includes('](') && !text.includes(']:')) return [];
  const frontmatter = findFrontmatter(text);
  const bodyStart = frontmatter?.bodyStart ?? 0;
  const masked = text.slice(0, bodyStart) + maskCode(text.slice(bodyStart));
  const links: Target[] = [];
  const yaml = frontmatter && text.slice(frontmatter.start, frontmatter.end);
  const styleAt = yaml?.includes('[[') ? readScalarStyles(yaml) : undefined;
  for (const match of masked.matchAll(wikilink)) {
    const start = match.index + 2;
    const style = frontmatter && start < bodyStart ? styleAt?.(start - frontmatter.start) : undefined;
    const link = wikilinkTarget(match[1] ?? '', start, style);
    if (link !== undefined) links.push(link);
  }
  for (const pattern of [inlineLink, definition]) {
    for (const match of masked.matchAll(pattern)) {
      const [whole, bracketed, bare] = match;
      const written = bracketed ?? bare ?? '';
      const start = match.index + whole.length - written.length - (bracketed === undefined ? 0 : 1);
      const link = start < bodyStart ? undefined : markdownTarget(written, start, bracketed !== undefined);
      if (link !== undefined) links.push(link);
    }
  }
  let line = 1;
  let counted = 0;
  return links
    .sort((a, b) => a.start - b.start)
    .map((link) => {
      for (let at = text.indexOf('\n', counted); at !== -1 && at < link.start; at = text.indexOf('\n', at + 1)) {
        line++;
        counted = at + 1;
      }
      return { ...link, line };
    });
}

function wikilinkTarget(inner: string, innerStart: number, yaml: ScalarStyle | undefined): Target | undefined {
  // In a table the bar before the alias is escaped.
  const bar = inner.search(/\\?\|/);
  const named = bar === -1 ? inner : inner.slice(0, bar);
  const hash = named.indexOf('#');
  const file = hash === -1 ? named : named.slice(0, hash);
  const written = file.trim();
  if (written === '') return undefined;
  const start = innerStart + file.indexOf(written);
  return {
    kind: 'wikilink',
    target: yaml === undefined ? written : unescapeScalar(written, yaml),
    anchor: hash === -1 ? '' : named.slice(hash).trimEnd(),
    start,
    end: start + written.length,
    isBracketed: false,
    isEncoded: false,
    yaml,
  };
}

function markdownTarget(written: string, start: number, isBracketed: boolean): Target | undefined {
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/|#|$)/i.test(written)) return undefined;
  const hash = written.indexOf('#');
  const path = hash === -1 ? written : written.slice(0, hash);
  const target = decodeTarget(path);
  if (target === undefined || target === '') return undefined;
  return {
    kind: 'markdown',
    target,
    anchor: hash === -1 ? '' : written.slice(hash),
    start,
    end: start + path.length,
    isBracketed,
    isEncoded: /%[89a-f][0-9a-f]/i.test(path),
    yaml: undefined,
  };
}

function decodeTarget(written: string): string | undefined {
  try {
    return decodeURIComponent(written);
  } catch {
    // A lone % is not encoding: the name simply has one.
    return written;
  }
}
