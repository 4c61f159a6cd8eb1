import { findFrontmatter } from './frontmatter.js';
import { maskCode } from './mask-code.js';

/** A link of a note to another file, with the offsets of its target in the note's text. */
export interface Link {
  readonly kind: 'wikilink' | 'markdown';
  readonly isEmbed: boolean;
  /** The file it names, as written: no heading, alias or title, percent-encoding undone. */
  readonly target: string;
  /** `#heading` or `#^block`, as written; empty when there is none. */
  readonly anchor: string;
  /** Where the target as written begins and ends, without the anchor. */
  readonly start: number;
  readonly end: number;
  /** The target stands between `<` and `>`. */
  readonly isBracketed: boolean;
  /** The target was percent-encoded. */
  readonly isEncoded: boolean;
  readonly isInFrontmatter: boolean;
}

const wikilink = /(!?)\[\[([^[\]|#\r\n]*?)(#[^[\]|\r\n]*?)?\s*(?:\\?\|[^\]\r\n]*)?\]\]/g;
const markdownLink =
  /(!?)\[(?:[^[\]\\]|\\.|\[(?:[^[\]\\]|\\.)*\])*\]\(\s*(?:<([^<>\r\n]*)>|([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*))/g;
const definition = /^ {0,3}\[(?!\^)(?:[^[\]\\]|\\.)+\]:[ \t]*(?:<([^<>\r\n]*)>|(\S+))/gm;

/** Returns the links of a note to files, in order; links to web addresses and to the note's own headings are left out. */
export function readLinks(text: string): Link[] {
  const bodyStart = findFrontmatter(text)?.bodyStart ?? 0;
  const masked = text.slice(0, bodyStart) + maskCode(text.slice(bodyStart));
  const links: Link[] = [];
  for (const match of masked.matchAll(wikilink)) {
    const written = (match[2] ?? '').replace(/\\$/, '');
    const target = written.trim();
    if (target === '') continue;
    const start = match.index + (match[1]?.length ?? 0) + 2 + written.indexOf(target);
    links.push({
      kind: 'wikilink',
      isEmbed: match[1] === '!',
      target,
      anchor: match[3] ?? '',
      start,
      end: start + target.length,
      isBracketed: false,
      isEncoded: false,
      isInFrontmatter: start < bodyStart,
    });
  }
  for (const pattern of [markdownLink, definition]) {
    const offset = pattern === markdownLink ? 1 : 0;
    for (const match of masked.matchAll(pattern)) {
      const bracketed = match[1 + offset];
      const written = bracketed ?? match[2 + offset] ?? '';
      const start = match.index + match[0].length - written.length - (bracketed === undefined ? 0 : 1);
      const link = start < bodyStart ? undefined : markdownTarget(written, start, bracketed !== undefined);
      if (link !== undefined) links.push({ ...link, isEmbed: offset === 1 && match[1] === '!' });
    }
  }
  return links.sort((a, b) => a.start - b.start);
}

function markdownTarget(written: string, start: number, isBracketed: boolean): Link | undefined {
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/|#|$)/i.test(written)) return undefined;
  const hash = written.indexOf('#');
  const path = hash === -1 ? written : written.slice(0, hash);
  const target = decodeTarget(path);
  if (target === undefined || target === '') return undefined;
  return {
    kind: 'markdown',
    isEmbed: false,
    target,
    anchor: hash === -1 ? '' : written.slice(hash),
    start,
    end: start + path.length,
    isBracketed,
    isEncoded: target !== path,
    isInFrontmatter: false,
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
