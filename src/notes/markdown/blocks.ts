import {
  atxHeading,
  htmlBlockEnd,
  indentedBlockMark,
  isBlank,
  isClosingFence,
  isDelimiterRow,
  isThematicBreak,
  listMarker,
  openingFence,
  openingRegion,
  type Region,
  setextLevel,
} from './block-starts.js';
import { readDefinitions } from './definitions.js';
import type { Destination } from './destinations.js';
import { createFinder } from './finder.js';

/** A block without blocks in it (CommonMark 4). */
export interface Leaf {
  readonly kind: 'paragraph' | 'heading' | 'html' | 'code' | 'math' | 'comment' | 'template' | 'rule';
  /** Its text, which begins at `start`, with the marks of the quotes around it blanked out; empty for code. */
  readonly content: string;
  readonly start: number;
  /** Where its first line begins, and after the break of its last. */
  readonly lineStart: number;
  readonly lineEnd: number;
  /** 1 to 6 of a heading; else 0. */
  readonly level: number;
  /** How many quotes and list items it stands in. */
  readonly depth: number;
  /** Where the outermost block that it stands in begins: a list with its first item, or its own `lineStart`. */
  readonly outermost: number;
}

/** A quote, or what has its text indented. */
interface Container {
  readonly isQuote: boolean;
  /** The columns by which the text of an item is indented. */
  readonly indent: number;
  isEmpty: boolean;
}

interface OpenLeaf {
  readonly kind: Leaf['kind'];
  start: number;
  readonly lineStart: number;
  end: number;
  lineEnd: number;
  level: number;
  /** The offsets between which marks of quotes are blanked out. */
  readonly marks: [from: number, to: number][];
  readonly ending: Ending;
  isTable: boolean;
}

/** The line that a leaf other than a paragraph ends before, or whether it ends with this line. */
type Ending = 'blank line' | 'less indented line' | ((line: string) => boolean);

/** Nesting beyond this is text: no note needs it, and each line costs as much as it is deep. */
const maxDepth = 100;
const mayOpenBlock = /[-#=*_`~<$%>[!?:+0-9{]/;

/**
 * Calls `visit` with the leaf blocks of `text` from `from` on, and `define` with the link reference definitions, in order, in
 * time linear in the text. `content`, in which a destination stands, begins at `start`.
 */
export function readBlocks(
  text: string,
  from: number,
  define: (label: string, destination: Destination, content: string, start: number) => void,
  visit: (leaf: Leaf) => void,
): void {
  const find = createFinder(text);
  const stack: Container[] = [];
  let leaf: OpenLeaf | undefined;
  let lineStart = from;
  let lineEnd = from;
  let contentEnd = from;
  // The place reached in the line; its column counts tabs, and may lie within one.
  let pos = from;
  let column = 0;
  // The first character from there on that is no blank.
  let first = -1;
  let firstColumn = 0;
  // Where the outermost open container begins, and whether it is a list.
  let outermost = from;
  let isInList = false;
  // By mark: how often it stands in the paragraph that begins at `start`, as far as that was counted.
  const counts = new Map<string, { start: number; upTo: number; count: number }>();

  function indent(): number {
    return firstColumn - column;
  }

  function skipBlanks(): void {
    if (first >= pos) return;
    first = pos;
    firstColumn = column;
    for (; first < contentEnd; first++) {
      const code = text.charCodeAt(first);
      if (code === 32) firstColumn++;
      else if (code === 9) firstColumn += 4 - (firstColumn % 4);
      else break;
    }
  }

  function advance(columns: number): void {
    for (let left = columns; left > 0 && isBlank(text, pos); ) {
      const width = text.charCodeAt(pos) === 9 ? 4 - (column % 4) : 1;
      if (width <= left) pos++;
      column += Math.min(width, left);
      left -= width;
    }
    skipBlanks();
  }

  function moveTo(offset: number): void {
    column = firstColumn + offset - first;
    pos = offset;
    skipBlanks();
  }

  function close(depth: number): void {
    if (leaf !== undefined) finish(leaf);
    leaf = undefined;
    stack.length = depth;
  }

  function contentOf({ start, end, marks }: OpenLeaf): string {
    let content = '';
    let copied = start;
    for (const [from, to] of marks) {
      content += text.slice(copied, from) + ' '.repeat(to - from);
      copied = to;
    }
    return content + text.slice(copied, end);
  }

  /** A paragraph gives up its definitions first; true when something is left. */
  function finish(open: OpenLeaf): boolean {
    const { kind, level, lineEnd } = open;
    const whole = kind === 'code' ? '' : contentOf(open);
    const taken =
      kind === 'paragraph' && whole.startsWith('[')
        ? readDefinitions(whole, (label, destination) => define(label, destination, whole, open.start))
        : 0;
    const content = whole.slice(taken);
    if (taken > 0 && content.trim() === '') return false;
    const start = open.start + taken;
    const lineStart = taken > 0 ? start : open.lineStart;
    const depth = stack.length;
    visit({
      kind: level > 0 ? 'heading' : kind,
      content,
      start,
      lineStart,
      lineEnd,
      level,
      depth,
      outermost: depth > 0 ? outermost : open.lineStart,
    });
    return true;
  }

  /** Returns a leaf that begins in this line, in the first `depth` of the open containers. */
  function open(kind: Leaf['kind'], depth: number, ending: Ending = 'blank line'): OpenLeaf {
    close(depth);
    if (depth === 0) isInList = false;
    for (const container of stack) container.isEmpty = false;
    return { kind, start: first, lineStart, end: contentEnd, lineEnd, level: 0, marks: [], ending, isTable: false };
  }

  function extend(open: OpenLeaf): void {
    open.end = contentEnd;
    open.lineEnd = lineEnd;
    if (open.kind !== 'code' && first > lineStart && stack.some(({ isQuote }) => isQuote))
      open.marks.push([lineStart, first]);
  }

  /** Opens a container within the first `depth` ones. */
  function push(depth: number, isQuote: boolean, indent: number, isItem = false): void {
    close(depth);
    if (depth === 0) {
      if (!isItem || !isInList) outermost = lineStart;
      isInList = isItem;
    }
    for (const above of stack) above.isEmpty = false;
    stack.push({ isQuote, indent, isEmpty: true });
  }

  /** Returns how many of the open containers this line goes on with. */
  function matchContainers(): number {
    for (let index = 0; index < stack.length; index++) {
      const container = stack[index] as Container;
      if (container.isQuote) {
        if (indent() > 3 || first >= contentEnd || text[first] !== '>') return index;
        enterQuote();
      } else if (first === contentEnd) {
        if (container.isEmpty) return index;
      } else if (indent() >= container.indent) advance(container.indent);
      else return index;
    }
    return stack.length;
  }

  function enterQuote(): void {
    moveTo(first + 1);
    advance(isBlank(text, pos) && pos < contentEnd ? 1 : 0);
  }

  /** Goes on with an open leaf other than a paragraph; true when the line belongs to it. */
  function continueLeaf(open: OpenLeaf): boolean {
    const { ending } = open;
    const isOver = first === contentEnd ? ending === 'blank line' : ending === 'less indented line' && indent() < 4;
    if (isOver) {
      close(stack.length);
      return false;
    }
    extend(open);
    if (typeof ending === 'function' && ending(text.slice(first, contentEnd))) close(stack.length);
    return true;
  }

  /** Opens the blocks that begin in this line; true when nothing of it is left for a paragraph. `matched` counts open containers. */
  function openBlocks(matched: number): boolean {
    let depth = matched;
    for (;;) {
      if (first === contentEnd) return true;
      const isLazy = leaf !== undefined && depth < stack.length;
      const inParagraph = leaf !== undefined && !isLazy;
      if (indent() > 3) {
        if (leaf !== undefined) return false;
        leaf = open('code', depth, 'less indented line');
        return true;
      }
      if (!mayOpenBlock.test(text.charAt(first))) return false;
      if (openLeaf(depth, inParagraph, isLazy)) return true;
      if (depth >= maxDepth || !openContainer(depth, inParagraph)) return false;
      depth = stack.length;
    }
  }

  function openLeaf(depth: number, inParagraph: boolean, isLazy: boolean): boolean {
    const line = text.slice(first, contentEnd);
    const heading = atxHeading(line);
    if (heading !== undefined) {
      const opened = open('heading', depth);
      opened.level = heading.level;
      opened.end = first + heading.end;
      opened.start = first + heading.start;
      finish(opened);
      return true;
    }
    if (leaf?.kind === 'paragraph' && inParagraph && !leaf.isTable) {
      const level = setextLevel(line);
      if (level > 0) {
        const paragraph = leaf;
        paragraph.level = level;
        paragraph.lineEnd = lineEnd;
        leaf = undefined;
        if (finish(paragraph)) return true;
      }
    }
    if (isThematicBreak(line)) {
      finish(open('rule', depth));
      return true;
    }
    const fence = openingFence(line);
    if (fence !== '') {
      leaf = open('code', depth, (end) => indent() < 4 && isClosingFence(end, fence));
      return true;
    }
    const end = htmlBlockEnd(line, inParagraph || isLazy);
    if (end !== undefined) {
      leaf = open('html', depth, end);
      if (typeof end === 'function' && end(line)) close(stack.length);
      return true;
    }
    const region = openingRegion(line);
    // What is never closed is no region: it would hide the rest of the note.
    if (region === undefined || find(region.closer, contentEnd) === -1 || isWithin(region)) return false;
    leaf = open(region.kind, depth, (end) => end.includes(region.closer));
    return true;
  }

  /** Whether the mark of a comment or formula is the end of one that began in the open paragraph. */
  function isWithin({ kind, closer }: Region): boolean {
    if (leaf?.kind !== 'paragraph' || kind === 'template') return false;
    const { start } = leaf;
    const known = counts.get(closer);
    const { upTo, count } = known?.start === start ? known : { upTo: start, count: 0 };
    const counted = count + text.slice(upTo, lineStart).split(closer).length - 1;
    counts.set(closer, { start, upTo: lineStart, count: counted });
    return counted % 2 === 1;
  }

  function openContainer(depth: number, inParagraph: boolean): boolean {
    if (text[first] === '>') {
      push(depth, true, 0);
      enterQuote();
      return true;
    }
    const line = text.slice(first, contentEnd);
    const mark = indentedBlockMark(line);
    if (mark !== '') {
      push(depth, false, 4);
      moveTo(first + mark.length);
      // Text that stands apart from its mark, in a row with others, is no code.
      advance(indent());
      return true;
    }
    const marker = listMarker(line);
    if (marker === '') return false;
    const isEmpty = line.slice(marker.length).trim() === '';
    if (inParagraph && (isEmpty || !/^(?:\D|0*1\D)$/.test(marker))) return false;
    const markerEnd = indent() + marker.length;
    moveTo(first + marker.length);
    const padding = isEmpty || indent() > 4 ? 1 : indent();
    push(depth, false, markerEnd + padding, true);
    advance(padding);
    return true;
  }

  for (; lineStart < text.length; lineStart = lineEnd) {
    const lineBreak = text.indexOf('\n', lineStart);
    lineEnd = lineBreak === -1 ? text.length : lineBreak + 1;
    contentEnd = lineBreak === -1 ? text.length : lineBreak;
    if (lineBreak > lineStart && text[lineBreak - 1] === '\r') contentEnd--;
    pos = lineStart;
    column = 0;
    first = -1;
    skipBlanks();
    const matched = matchContainers();
    const isWhole = matched === stack.length;
    // Only a paragraph goes on in a line that does not repeat the marks of the quotes and items around it.
    if (!isWhole && leaf?.kind !== 'paragraph') close(matched);
    if (leaf !== undefined && leaf.kind !== 'paragraph' && continueLeaf(leaf)) continue;
    if (first === contentEnd) {
      close(matched);
      continue;
    }
    if (openBlocks(matched)) continue;
    if (leaf === undefined) leaf = open('paragraph', stack.length);
    else {
      extend(leaf);
      leaf.isTable ||= isDelimiterRow(text.slice(first, contentEnd));
    }
  }
  close(0);
}
