import { readHtmlTag } from './html-tags.js';

/** Each looks at one line: `at` is its first character that is no blank, `end` the offset of its line break. */

export function atxLevel(text: string, at: number, end: number): number {
  let level = 0;
  while (level < 7 && text[at + level] === '#') level++;
  return level > 0 && level < 7 && (at + level === end || isBlank(text, at + level)) ? level : 0;
}

/** Returns the text of an ATX heading, without the opening and closing marks. */
export function atxContent(text: string, at: number, end: number, level: number): { start: number; end: number } {
  let start = at + level;
  while (start < end && isBlank(text, start)) start++;
  let stop = end;
  while (stop > start && isBlank(text, stop - 1)) stop--;
  let marks = stop;
  while (marks > start && text[marks - 1] === '#') marks--;
  if (marks < stop && (marks === start || isBlank(text, marks - 1))) {
    stop = marks;
    while (stop > start && isBlank(text, stop - 1)) stop--;
  }
  return { start, end: stop };
}

/** The level of the heading that this underline makes of the paragraph above, or 0. */
export function setextLevel(text: string, at: number, end: number): number {
  const mark = text[at];
  if (mark !== '=' && mark !== '-') return 0;
  let next = at;
  while (next < end && text[next] === mark) next++;
  while (next < end && isBlank(text, next)) next++;
  return next < end ? 0 : mark === '=' ? 1 : 2;
}

export function isThematicBreak(text: string, at: number, end: number): boolean {
  const mark = text.charCodeAt(at);
  if (mark !== 45 && mark !== 42 && mark !== 95) return false;
  let marks = 0;
  for (let next = at; next < end; next++) {
    if (text.charCodeAt(next) === mark) marks++;
    else if (!isBlank(text, next)) return false;
  }
  return marks >= 3;
}

/** The length of the fence that opens here, or 0; the info string of a backtick fence has no backtick (CommonMark 4.5). */
export function fenceLength(text: string, at: number, end: number): number {
  const mark = text[at];
  if (mark !== '`' && mark !== '~') return 0;
  let next = at;
  while (next < end && text[next] === mark) next++;
  return next - at < 3 || (mark === '`' && text.slice(next, end).includes('`')) ? 0 : next - at;
}

/** Returns the length of a list marker and, for a numbered item, its number; undefined when there is none. */
export function listMarker(text: string, at: number, end: number): { length: number; number: number } | undefined {
  let next = at;
  let number = 0;
  while (next < end && next - at < 10 && isDigit(text, next)) number = number * 10 + text.charCodeAt(next++) - 48;
  const mark = text[next];
  if (next === at ? mark !== '-' && mark !== '*' && mark !== '+' : (mark !== '.' && mark !== ')') || next - at > 9) {
    return undefined;
  }
  if (next + 1 < end && !isBlank(text, next + 1)) return undefined;
  return { length: next + 1 - at, number: next === at ? 1 : number };
}

const indentedBlock = /(?:!!!|\?\?\?\+?) ?[\w"]|===[!+]* "|\[\^[^\]\s]{1,100}\]:/y;

/** True for what holds the text indented by four that follows: a footnote, a definition, MkDocs' admonitions and tabs. */
export function opensIndentedBlock(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === 58) return isBlank(text, at + 1) ? 1 : 0;
  if (code !== 33 && code !== 63 && code !== 61 && code !== 91) return 0;
  indentedBlock.lastIndex = at;
  if (!indentedBlock.test(text)) return 0;
  return code === 91 ? indentedBlock.lastIndex - at : 3;
}

const htmlStarts: readonly (readonly [RegExp, RegExp | undefined])[] = [
  [/<(?:script|pre|style|textarea)(?=[\s>]|$)/iy, /<\/(?:script|pre|style|textarea)>/i],
  [/<!--/y, /-->/],
  [/<\?/y, /\?>/],
  [/<![a-z]/iy, />/],
  [/<!\[CDATA\[/y, /\]\]>/],
  [
    /<\/?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)(?=\s|\/?>|$)/iy,
    undefined,
  ],
];

/** The kind of HTML block that opens here (CommonMark 4.6), 1 to 7, or 0. */
export function htmlKind(text: string, at: number, end: number): number {
  if (text[at] !== '<') return 0;
  for (const [index, [opening]] of htmlStarts.entries()) {
    opening.lastIndex = at;
    if (opening.test(text)) return index + 1;
  }
  const line = text.slice(at, end);
  const tag = readHtmlTag(line, 0);
  return tag > 0 && line.slice(tag).trim() === '' ? 7 : 0;
}

/** Whether this line ends an HTML block of kind 1 to 5; the others end before a blank line. */
export function endsHtml(kind: number, line: string): boolean {
  return htmlStarts[kind - 1]?.[1]?.test(line) ?? false;
}

const delimiterRow = /^\|?(?:[ \t]*:?-+:?[ \t]*\|)*[ \t]*:?-+:?[ \t]*(?:\|[ \t]*)?$/;

/** True for the second line of a table. */
export function isDelimiterRow(line: string): boolean {
  const first = line[0];
  return (first === '|' || first === '-' || first === ':') && line.includes('|') && delimiterRow.test(line);
}

export function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 32 || code === 9;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}
