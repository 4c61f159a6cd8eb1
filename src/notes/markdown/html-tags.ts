import { matchAt } from './finder.js';

const tagName = /<[a-z][a-z0-9-]*/iy;
const closingTag = /<\/[a-z][a-z0-9-]*\s*>/iy;
const attribute = /\s+[a-z_:][\w.:-]*/iy;
const equals = /\s*=\s*/y;
const unquoted = /[^\s"'=<>`]+/y;
const tagEnd = /\s*\/?>/y;

/** Offsets from which no tag could be read to its end. They are not tried again, so a line of half tags takes linear time. */
export type FailedOffsets = Set<number>;

/** Returns the offset after the HTML tag (CommonMark 6.6) that begins at `at`, or -1. */
export function readHtmlTag(text: string, at: number, failedOffsets: FailedOffsets = new Set()): number {
  if (text[at + 1] === '/') return matchAt(closingTag, text, at);
  let next = matchAt(tagName, text, at);
  while (next !== -1 && !failedOffsets.has(next)) {
    const end = matchAt(tagEnd, text, next);
    if (end !== -1) return end;
    failedOffsets.add(next);
    next = readAttribute(text, next);
  }
  return -1;
}

function readAttribute(text: string, at: number): number {
  const name = matchAt(attribute, text, at);
  const value = name === -1 ? -1 : matchAt(equals, text, name);
  if (value === -1) return name;
  const quote = text[value];
  if (quote !== '"' && quote !== "'") return matchAt(unquoted, text, value);
  const end = text.indexOf(quote, value + 1);
  return end === -1 ? -1 : end + 1;
}

/** Gives the tags of an HTML block, those in comments left out, in time linear in it. */
export function readHtmlTags(html: string, visit: (tag: string, start: number) => void): void {
  const failedOffsets: FailedOffsets = new Set();
  if (/^<(?:script|pre|style|textarea)/i.test(html)) return;
  for (let at = html.indexOf('<'); at !== -1; at = html.indexOf('<', at)) {
    const isComment = html.startsWith('<!--', at);
    const end = isComment ? html.indexOf('-->', at) + 3 : readHtmlTag(html, at, failedOffsets);
    if (isComment && end < 3) return;
    if (!isComment && end !== -1) visit(html.slice(at, end), at);
    at = Math.max(at + 1, end);
  }
}
