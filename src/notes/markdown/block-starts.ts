import { readHtmlTag } from './html-tags.js';

/** Each looks at `line`, the rest of a line from its first character that is no blank. */

/** Returns the level of an ATX heading and where its text, without the opening and closing marks, stands in the line. */
export function atxHeading(line: string): { level: number; start: number; end: number } | undefined {
  const marks = line.startsWith('#') && /^(#{1,6})(?:[ \t]+|$)/.exec(line);
  if (!marks) return undefined;
  const start = marks[0].length;
  const text = trimBlanks(trimBlanks(line.slice(start)).replace(/(?:^|[ \t])#+$/, ''));
  return { level: marks[1]?.length ?? 0, start, end: start + text.length };
}

/** The level of the heading that this underline makes of the paragraph above, or 0. */
export function setextLevel(line: string): number {
  if (!'=-'.includes(line.charAt(0)) || !/^(?:=+|-+)[ \t]*$/.test(line)) return 0;
  return line.startsWith('=') ? 1 : 2;
}

export function isThematicBreak(line: string): boolean {
  return (
    '-*_'.includes(line.charAt(0)) &&
    /^(?:-[ \t]*-[ \t]*-[-\t ]*|\*[ \t]*\*[ \t]*\*[*\t ]*|_[ \t]*_[ \t]*_[_\t ]*)$/.test(line)
  );
}

/** The fence that opens here, or nothing; the info string of a backtick fence has no backtick (CommonMark 4.5). */
export function openingFence(line: string): string {
  if (!'`~'.includes(line.charAt(0))) return '';
  const fence = /^(?:`{3,}|~{3,})/.exec(line)?.[0] ?? '';
  return fence.startsWith('`') && line.includes('`', fence.length) ? '' : fence;
}

export function isClosingFence(line: string, opening: string): boolean {
  return line.startsWith(opening) && /^(?:`+|~+)\s*$/.test(line);
}

/** The marker of the list item that begins here, or nothing. */
export function listMarker(line: string): string {
  return /^(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)/.exec(line)?.[0] ?? '';
}

/** The mark of what holds the text indented by four that follows: a footnote, a definition, MkDocs' admonitions and tabs. */
export function indentedBlockMark(line: string): string {
  if (!':!?=['.includes(line.charAt(0))) return '';
  const mark = /^(?::(?=[ \t])|!!!(?= ?[\w"])|\?\?\?(?=\+? ?[\w"])|===(?=[!+]* ")|\[\^[^\]\s]{1,100}\]:)/.exec(line);
  return mark?.[0] ?? '';
}

/** What is hidden up to a line with `closer`. */
export interface Region {
  readonly kind: 'math' | 'comment' | 'template';
  readonly closer: string;
}

const regions: readonly (readonly [string, Region])[] = [
  ['$$', { kind: 'math', closer: '$$' }],
  ['%%', { kind: 'comment', closer: '%%' }],
  ['<%', { kind: 'template', closer: '%>' }],
];
/** Hugo's and Jekyll's blocks of code. */
const codeTemplate =
  /^(?:\{\{[<%] *([\w-]*(?:code|highlight|mermaid|math|katex)[\w-]*)(?=[ >%])|\{%-? *(raw|highlight|comment|mermaid|math)(?=[ %-]))/i;

/** The math, comment or template that begins here and does not end in the same line. */
export function openingRegion(line: string): Region | undefined {
  const region = regions.find(([opener]) => line.startsWith(opener))?.[1] ?? codeRegion(line);
  if (region === undefined || line.includes(region.closer, 2)) return undefined;
  return region.kind === 'math' && line.slice(2).trim() !== '' ? undefined : region;
}

function codeRegion(line: string): Region | undefined {
  const [, shortcode, tag] = codeTemplate.exec(line) ?? [];
  if ((shortcode ?? tag) === undefined) return undefined;
  return { kind: 'template', closer: shortcode === undefined ? `end${tag}` : `/${shortcode}` };
}

/** What HTML blocks begin with, and what ends those that a blank line does not end (CommonMark 4.6). */
const htmlBlocks: readonly (readonly [RegExp, RegExp?])[] = [
  [/^<(?:script|pre|style|textarea)(?=[\s>]|$)/i, /<\/(?:script|pre|style|textarea)>/i],
  [/^<!--/, /-->/],
  [/^<\?/, /\?>/],
  [/^<![a-z]/i, />/],
  [/^<!\[CDATA\[/, /\]\]>/],
  [
    /^<\/?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)(?=\s|\/?>|$)/i,
  ],
];

/** What ends the HTML block that opens here, see `htmlBlocks`; undefined when none does. Any tag alone in its line does outside of a paragraph. */
export function htmlBlockEnd(
  line: string,
  inParagraph: boolean,
): 'blank line' | ((line: string) => boolean) | undefined {
  if (!line.startsWith('<')) return undefined;
  const [opening, closing] = htmlBlocks.find(([pattern]) => pattern.test(line)) ?? [];
  if (opening !== undefined) return closing === undefined ? 'blank line' : (end) => closing.test(end);
  const tag = inParagraph ? -1 : readHtmlTag(line, 0);
  return tag > 0 && line.slice(tag).trim() === '' ? 'blank line' : undefined;
}

const delimiterRow = /^\|?(?:[ \t]*:?-+:?[ \t]*\|)*[ \t]*:?-+:?[ \t]*(?:\|[ \t]*)?$/;

/** True for the second line of a table. */
export function isDelimiterRow(line: string): boolean {
  return '|:-'.includes(line.charAt(0)) && line.includes('|') && delimiterRow.test(line);
}

export function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 32 || code === 9;
}

/** A pattern for the blanks at the end would look at each of them again. */
function trimBlanks(text: string): string {
  let end = text.length;
  while (isBlank(text, end - 1)) end--;
  return text.slice(0, end);
}
