import { VaultError } from './errors.js';
import { findFrontmatter } from './frontmatter.js';
import { maskBlocks } from './mask-code.js';
import { quotePath } from './note-path.js';

export interface Heading {
  /** 1 to 6: the number of `#`; with a line of `=` below 1, of `-` 2. */
  readonly level: number;
  readonly text: string;
  /** The heading's first line in the note, from 1. */
  readonly line: number;
  /** The offset of that line. */
  readonly start: number;
  /** The offset after the heading's last line and its line break. */
  readonly end: number;
  /** The heading that it stands under. */
  readonly parent: Heading | undefined;
}

/** A heading with what stands under it. */
export interface Section {
  readonly heading: Heading;
  /** The offset where the first heading below it begins, of any level; or the section's end. */
  readonly bodyEnd: number;
  /** The offset where the next heading of the same or a higher level begins, or the end of the note. */
  readonly end: number;
  /** The section's last line, from 1. */
  readonly endLine: number;
}

const maxShownHeadings = 20;

const underline = /^ {0,3}(?:=+|-+)[ \t]*$/;
const thematicBreak = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
/** A list, quote, table, HTML or definition, which a line of dashes ends rather than makes a heading of. */
const noHeadingLine = /^(?:[ \t]|[>|<]|[-*+](?:[ \t]|$)|\d{1,9}[.)](?:[ \t]|$)|\[[^\]]+\]:)/;
/** The second line of a table, whose first needs no bar before it. */
const tableDelimiter = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*\|[-:| \t]*$/;
/** What interrupts a paragraph that a line of dashes could make a heading of. */
const itemOrQuote = /^ {0,3}(?:>|(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$))/;

/** Returns the headings in order, with `#` before or `===` or `---` below, without those inside frontmatter, code and comments. */
export function readOutline(text: string): Heading[] {
  const bodyStart = findFrontmatter(text)?.bodyStart ?? 0;
  const headings: Heading[] = [];
  const above: Heading[] = [];
  /** Where the paragraph begins that the line may continue, and whether it can become a heading. */
  let paragraph: { start: number; line: number; isPlain: boolean } | undefined;
  let start = bodyStart;
  let line = 1 + countLineBreaks(text, 0, bodyStart);

  function add(level: number, headingText: string, first: { start: number; line: number }, end: number): void {
    while (above.length > 0 && (above.at(-1)?.level ?? 0) >= level) above.pop();
    const heading = { level, text: headingText, line: first.line, start: first.start, end, parent: above.at(-1) };
    above.push(heading);
    headings.push(heading);
    paragraph = undefined;
  }

  for (const masked of maskBlocks(text.slice(bodyStart)).split('\n')) {
    const end = Math.min(text.length, start + masked.length + 1);
    const written = masked.replace(/\r$/, '');
    const marks = /^ {0,3}(#{1,6})(?:[ \t]|$)/.exec(written)?.[1];
    if (marks !== undefined) {
      add(marks.length, textAfterMarks(text.slice(start, end)), { start, line }, end);
    } else if (paragraph?.isPlain && underline.test(written)) {
      add(written.includes('=') ? 1 : 2, joinLines(text.slice(paragraph.start, start)), paragraph, end);
    } else if (written.trim() === '' || thematicBreak.test(written)) {
      paragraph = undefined;
    } else {
      paragraph ??= { start, line, isPlain: !noHeadingLine.test(written) };
      if (itemOrQuote.test(written) || tableDelimiter.test(written)) paragraph.isPlain = false;
    }
    start = end;
    line++;
  }
  return headings;
}

/**
 * Returns the section under a heading: its exact text, with or without the `#`, in either Unicode form, or the texts of
 * the headings that lead to it joined by `#` as in a link (`Parent#Child`). Throws VaultError `no_match` naming the
 * headings there are, or `ambiguous_match` naming the lines of those that match.
 */
export function findSection(text: string, wanted: string, path: string): Section {
  const headings = readOutline(text);
  const matching = matchHeadings(headings, wanted);
  const [heading] = matching;
  if (heading === undefined) throw noSuchHeading(headings, wanted, path);
  if (matching.length > 1) {
    const lines = matching
      .slice(0, maxShownHeadings)
      .map((match) => `line ${match.line} (${trail(match)})`)
      .join(', ');
    throw new VaultError(
      'ambiguous_match',
      `${quotePath(path)} has ${matching.length} headings ${JSON.stringify(wanted)}: ${lines}. Name the one you mean with the headings above it, joined by #, or use an edit with the text around it.`,
    );
  }
  const following = headings.slice(headings.indexOf(heading) + 1);
  const end = following.find((next) => next.level <= heading.level)?.start ?? text.length;
  const bodyEnd = following[0]?.start ?? text.length;
  const breaks = countLineBreaks(text, heading.start, end);
  return { heading, bodyEnd, end, endLine: heading.line + Math.max(0, text[end - 1] === '\n' ? breaks - 1 : breaks) };
}

function matchHeadings(headings: readonly Heading[], wanted: string): readonly Heading[] {
  const marked = /^\s*(#{1,6})[ \t]+(.*)$/s.exec(wanted);
  const name = (marked?.[2] ?? wanted).trim().normalize('NFC');
  const level = marked?.[1]?.length;
  const exact = headings.filter(
    (heading) => heading.text.normalize('NFC') === name && (level === undefined || heading.level === level),
  );
  if (exact.length > 0) return exact;
  const steps = wanted
    .split('#')
    .map((step) => step.trim().normalize('NFC'))
    .filter((step) => step !== '');
  if (steps.length < 2) return [];
  return headings.filter((heading) => {
    let next = steps.length - 1;
    if (heading.text.normalize('NFC') !== steps[next]) return false;
    next--;
    for (let above = heading.parent; above !== undefined && next >= 0; above = above.parent) {
      if (above.text.normalize('NFC') === steps[next]) next--;
    }
    return next < 0;
  });
}

function trail(heading: Heading): string {
  const texts = [heading.text];
  for (let above = heading.parent; above !== undefined; above = above.parent) texts.unshift(above.text);
  return JSON.stringify(texts.join('#'));
}

function noSuchHeading(headings: readonly Heading[], wanted: string, path: string): VaultError {
  const fold = (text: string) =>
    text
      .normalize('NFD')
      .replace(/[\p{M}#]/gu, '')
      .trim()
      .toLowerCase();
  const near = headings.filter(({ text }) => fold(text) === fold(wanted));
  const shown = (near.length > 0 ? near : headings)
    .slice(0, maxShownHeadings)
    .map(({ level, text }) => `${'#'.repeat(level)} ${text}`);
  const list =
    shown.length === 0
      ? 'It has no headings.'
      : `${near.length > 0 ? 'Did you mean' : 'Its headings are'}: ${shown.join(' | ')}`;
  return new VaultError(
    'no_match',
    `${quotePath(path)} has no heading ${JSON.stringify(wanted)}; headings match exactly. ${list}`,
  );
}

/** The text between the opening `#` and the closing ones, if any (CommonMark 4.2). */
function textAfterMarks(line: string): string {
  const text = line
    .trim()
    .replace(/^#{1,6}/, '')
    .trim();
  let end = text.length;
  while (text[end - 1] === '#') end--;
  return end === 0 || text[end - 1] === ' ' || text[end - 1] === '\t' ? text.slice(0, end).trimEnd() : text;
}

function joinLines(lines: string): string {
  return lines
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .join(' ');
}

function countLineBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
