import { foldLabel, labelLength } from './definitions.js';
import { type Destination, isPunctuation, readDestination, readTitle, skipSpace } from './destinations.js';
import { createFinder, matchAt } from './finder.js';
import { readHtmlTag } from './html-tags.js';

/** What was found in a paragraph; offsets count from the beginning of its content. */
export interface InlineVisitor {
  /** The label of a link reference definition of this note, folded. */
  isDefined(label: string): boolean;
  link(isImage: boolean, destination: Destination): void;
  /** `[[inner]]`, which begins at `innerStart`. */
  wikilink(isEmbed: boolean, inner: string, innerStart: number): void;
  tag(name: string): void;
  htmlTag(tag: string, start: number): void;
}

const special = /[\\`<![\]#${%:]/g;
// Longer ones are no tags; a longer match could exhaust the stack of the pattern.
const tagName = /#([\p{L}\p{M}\p{N}\p{Extended_Pictographic}\p{Join_Control}_/-]{1,500})/uy;
const beforeTag = /(?:^|[\s(,;>*_"'|~=\p{Ps}\p{Pi}。，、；：！？])$/u;
const autolink = /<(?:[a-z][a-z0-9+.-]{1,31}:[^\s<>]*|[\w.!#$%&'*+/=?^`{|}~-]{1,256}@[a-z0-9.-]{1,256})>/iy;
const scheme = /[a-z][a-z0-9+.-]{0,31}$/i;
const urlRest = /[^\s<>[\]()|"`\\]*/y;
const attributes = /\{[:.#][^{}\n]{0,500}\}/y;
const wikilinkText = /[^[\]\n]*/y;
const backticks = /`+/y;
const environmentMark = /\\(begin|end)\{([a-z]{1,30}\*?)\}/gi;
/** What hides all up to its end (the first that fits counts), where it ends in the same paragraph. */
const regions: readonly (readonly [string, string])[] = [
  ['<!-->', ''],
  ['<!--->', ''],
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<!', '>'],
  ['<?', '?>'],
  ['<%', '%>'],
  ['{{', '}}'],
  ['{%', '%}'],
  ['%%', '%%'],
  ['$$', '$$'],
];

/**
 * Reads the text of a paragraph or heading in time linear in it: CommonMark's code spans, HTML, autolinks and links, and
 * Obsidian's wikilinks, tags, comments and math. What stands in code, math, TeX environments, HTML, comments, templates and
 * URLs is none of these.
 */
export function readInline(content: string, visitor: InlineVisitor): void {
  special.lastIndex = 0;
  if (special.test(content)) scan(content, visitor);
}

function scan(content: string, visitor: InlineVisitor): void {
  const find = createFinder(content);
  let laterRuns: ReadonlyMap<number, number[]> | undefined;
  let environments: ReadonlyMap<number, number> | undefined;
  const failedOffsets = new Set<number>();
  // The open brackets: twice the offset of their text, plus one for an image.
  const openers: number[] = [];
  // Those below are no links any more: one stands in another.
  let deadBelow = 0;
  let lastOpener = -1;
  let pos = 0;

  function readCode(): number {
    const end = matchAt(backticks, content, pos);
    laterRuns ??= backtickRuns(content);
    const runs = laterRuns.get(end - pos) ?? [];
    while ((runs.at(-1) ?? end) < end) runs.pop();
    return (runs.at(-1) ?? pos) + end - pos;
  }

  function readAngle(): number {
    const address = matchAt(autolink, content, pos);
    if (address !== -1) return address;
    const end = readHtmlTag(content, pos, failedOffsets);
    if (end === -1) return pos + 1;
    visitor.htmlTag(content.slice(pos, end), pos);
    return end;
  }

  function readRegion(): number {
    for (const [opener, closer] of regions) {
      if (!content.startsWith(opener, pos)) continue;
      if (opener === '<!' && !/[a-z]/i.test(content[pos + 2] ?? '')) return -1;
      const from = pos + opener.length;
      const end = closer === '' ? from : find(closer, from);
      return end === -1 ? -1 : end + closer.length;
    }
    return -1;
  }

  /** `$x$` in one line, by the rules of Pandoc and Obsidian: no blank inside the dollars, no digit after. */
  function readMath(): number {
    if (/\s|\$/.test(content[pos + 1] ?? ' ')) return pos + 1;
    for (let next = pos + 1; next < content.length; next++) {
      const code = content.charCodeAt(next);
      if (code === 10) break;
      if (code === 92) next++;
      else if (code === 36) {
        return /\s/.test(content[next - 1] ?? '') || /[0-9]/.test(content[next + 1] ?? '') ? pos + 1 : next + 1;
      }
    }
    return pos + 1;
  }

  function readOpening(isImage: boolean): number {
    const start = isImage ? pos + 1 : pos;
    if (content[start + 1] === '[') {
      const end = matchAt(wikilinkText, content, start + 2);
      if (content[end] === ']' && content[end + 1] === ']' && end > start + 2) {
        visitor.wikilink(isImage, content.slice(start + 2, end), start + 2);
        // `[[1]](page.md)` is a link too.
        const destination = readLinkEnd(end + 2);
        if (destination !== undefined) visitor.link(isImage, destination);
        return destination?.after ?? end + 2;
      }
    }
    openers.push((start + 1) * 2 + (isImage ? 1 : 0));
    lastOpener = start;
    return start + 1;
  }

  function readClosing(): number {
    const opener = openers.pop();
    if (opener === undefined) return pos + 1;
    const isImage = opener % 2 === 1;
    const isDead = !isImage && openers.length < deadBelow;
    deadBelow = Math.min(deadBelow, openers.length);
    if (isDead) return pos + 1;
    const textStart = opener >> 1;
    const destination = readLinkEnd(pos + 1);
    if (destination !== undefined) visitor.link(isImage, destination);
    const end = destination?.after ?? readReference(textStart);
    if (end === -1) return pos + 1;
    if (!isImage) deadBelow = openers.length;
    return end;
  }

  /** Reads `(target "title")`; `after` is behind the bracket. */
  function readLinkEnd(at: number): Destination | undefined {
    if (content[at] !== '(') return undefined;
    const destination = readDestination(content, skipSpace(content, at + 1));
    if (destination === undefined) return undefined;
    const { start, end, angled } = destination;
    // Only what is within the brackets: a template further on in the paragraph is no part of this link.
    if (/^\[\[|\{\{|\{%|<%/.test(content.slice(start, Math.min(end, start + 200)))) return undefined;
    if (angled && content[start] === '%' && content[end - 1] === '%') return undefined;
    let next = skipSpace(content, destination.after);
    if (next > destination.after && content[next] !== ')') {
      const title = readTitle(content, next, find);
      if (title === -1) return undefined;
      next = skipSpace(content, title);
    }
    return content[next] === ')' ? { ...destination, after: next + 1 } : undefined;
  }

  /** Returns the offset after a full, collapsed or shortcut reference to a definition, or -1. */
  function readReference(textStart: number): number {
    const length = labelLength(content, pos + 1);
    const isCollapsed = content.startsWith('[]', pos + 1);
    const isText = length === 0 && lastOpener < textStart && pos - textStart < 1_000;
    const label = length > 0 ? content.slice(pos + 2, pos + length) : isText ? content.slice(textStart, pos) : '';
    if (label === '' || !visitor.isDefined(foldLabel(label))) return -1;
    return pos + 1 + (length > 0 ? length : isCollapsed ? 2 : 0);
  }

  function readTag(): number {
    tagName.lastIndex = pos;
    const [, name] = (beforeTag.test(content.slice(Math.max(0, pos - 2), pos)) && tagName.exec(content)) || [];
    if (name === undefined) return pos + 1;
    // A tag has at least one character that is no digit, so that "#1" stays an ordinal.
    if (!/^[\p{N}/_-]+$/u.test(name)) visitor.tag(name);
    return pos + 1 + name.length;
  }

  function readUrl(): number {
    if (
      content[pos + 1] !== '/' ||
      content[pos + 2] !== '/' ||
      !scheme.test(content.slice(Math.max(0, pos - 32), pos))
    ) {
      return pos + 1;
    }
    return matchAt(urlRest, content, pos);
  }

  for (;;) {
    special.lastIndex = pos;
    if (!special.test(content)) return;
    pos = special.lastIndex - 1;
    switch (content[pos]) {
      case '\\':
        environments ??= content.includes('\\begin{') ? environmentEnds(content) : new Map();
        pos = environments.get(pos) ?? pos + (isPunctuation(content[pos + 1]) ? 2 : 1);
        break;
      case '`':
        pos = readCode();
        break;
      case '!':
        pos = content[pos + 1] === '[' ? readOpening(true) : pos + 1;
        break;
      case '[':
        pos = readOpening(false);
        break;
      case ']':
        pos = readClosing();
        break;
      case '#':
        pos = readTag();
        break;
      case ':':
        pos = readUrl();
        break;
      default: {
        const end = readRegion();
        if (end !== -1) pos = end;
        else if (content[pos] === '<') pos = readAngle();
        else if (content[pos] === '$') pos = readMath();
        else pos = Math.max(pos + 1, matchAt(attributes, content, pos));
      }
    }
  }
}

/** The offsets of the runs of backticks, by their length; the last comes first. */
function backtickRuns(text: string): ReadonlyMap<number, number[]> {
  const runs = new Map<number, number[]>();
  for (let end = 0, at = text.indexOf('`'); at !== -1; at = text.indexOf('`', end)) {
    end = matchAt(backticks, text, at);
    const offsets = runs.get(end - at);
    if (offsets === undefined) runs.set(end - at, [at]);
    else offsets.push(at);
  }
  for (const offsets of runs.values()) offsets.reverse();
  return runs;
}

/** Where the TeX environments end that begin at these offsets; Pandoc and notebooks know them without dollars too. */
function environmentEnds(text: string): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  const open: { name: string; start: number }[] = [];
  for (const { 0: mark, 1: kind, 2: name = '', index } of text.matchAll(environmentMark)) {
    if (kind === 'begin') open.push({ name, start: index });
    else if (open.at(-1)?.name === name) ends.set(open.pop()?.start ?? index, index + mark.length);
  }
  return ends;
}
