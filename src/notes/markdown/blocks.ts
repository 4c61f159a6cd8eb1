import {
  atxHeading,
  htmlBlockEnd,
  indentedBlockMark,
  isBlank,
  isDelimiterRow,
  isThematicBreak,
  listMarker,
  openingFence,
  setextLevel,
} from './block-starts.js';
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
  readonly start: number;
  isEmpty: boolean;
}

interface OpenLeaf {
  readonly kind: Leaf['kind'];
  start: number;
  readonly lineStart: number;
  end: number;
  lineEnd: number;
  level: number;
  /** The offsets between which marks of quotes are blanked out, in pairs. */
  readonly marks: number[];
  readonly ending: Ending;
  isTable: boolean;
  /** A paragraph has one of these words an odd number of times: the next is its end, and opens no block. */
  readonly open: Set<string>;
}

/** Whether a leaf other than a paragraph ends with a line, or ended before it. */
interface Ending {
  readonly isLast?: () => boolean;
  readonly isOver?: () => boolean;
}

/** Nesting beyond this is text: no note needs it, and each line costs as much as it is deep. */
const maxDepth = 100;
const mayOpenBlock = /[-#=*_`~<$%>[!?:+0-9{]/;
/** Hugo's and Jekyll's blocks of code. */
const codeTemplate =
  /^(?:\{\{[<%] *([\w-]*(?:code|highlight|mermaid|math|katex)[\w-]*)(?=[ >%])|\{%-? *(raw|highlight|comment|mermaid|math)(?=[ %-]))/i;
const regions: readonly (readonly [string, string, Leaf['kind']])[] = [
  ['$$', '$$', 'math'],
  ['%%', '%%', 'comment'],
  ['<%', '%>', 'template'],
];

/**
 * Calls `visit` with the leaf blocks of `text` from `from` on, in order, in time linear in the text. Paragraphs still have
 * their link reference definitions: `takeDefinitions` is given the content of one and returns the offset in it after them.
 */
export function readBlocks(
  text: string,
  from: number,
  takeDefinitions: (content: string, start: number) => number,
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
  let lastItemStart = -1;

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
    if (marks.length === 0) return text.slice(start, end);
    const bytes = Buffer.from(text.slice(start, end), 'utf16le');
    const units = new Uint16Array(bytes.buffer, bytes.byteOffset, end - start);
    for (let index = 0; index < marks.length; index += 2) {
      units.fill(32, (marks[index] ?? 0) - start, (marks[index + 1] ?? 0) - start);
    }
    return bytes.toString('utf16le');
  }

  /** A paragraph gives up its definitions first; true when something is left. */
  function finish(open: OpenLeaf): boolean {
    const { kind, level, lineEnd } = open;
    const whole = kind === 'code' ? '' : contentOf(open);
    const taken = kind === 'paragraph' && whole.startsWith('[') ? takeDefinitions(whole, open.start) : 0;
    const content = whole.slice(taken);
    if (taken > 0 && content.trim() === '') return false;
    const start = open.start + taken;
    const lineStart = taken > 0 ? start : open.lineStart;
    const outermost = stack[0]?.start ?? open.lineStart;
    const shown = level > 0 ? 'heading' : kind;
    visit({ kind: shown, content, start, lineStart, lineEnd, level, depth: stack.length, outermost });
    return true;
  }

  function open(kind: Leaf['kind'], ending: Ending = {}): OpenLeaf {
    close(stack.length);
    if (stack.length === 0) lastItemStart = -1;
    for (const container of stack) container.isEmpty = false;
    return {
      kind,
      start: first,
      lineStart,
      end: contentEnd,
      lineEnd,
      level: 0,
      marks: [],
      ending,
      isTable: false,
      open: new Set(),
    };
  }

  /** Notes which comments and formulas are open in a paragraph after this line. */
  function countMarks({ kind, open }: OpenLeaf): void {
    if (kind !== 'paragraph') return;
    const line = text.slice(first, contentEnd);
    for (const word of ['$$', '%%']) {
      if (line.includes(word) && line.split(word).length % 2 === 0 && !open.delete(word)) open.add(word);
    }
  }

  function extend(open: OpenLeaf): void {
    open.end = contentEnd;
    open.lineEnd = lineEnd;
    if (open.kind !== 'code' && first > lineStart && stack.some(({ isQuote }) => isQuote))
      open.marks.push(lineStart, first);
  }

  function push(isQuote: boolean, indent: number, start: number): void {
    if (stack.length === 0 && start !== lastItemStart) lastItemStart = -1;
    for (const container of stack) container.isEmpty = false;
    stack.push({ isQuote, indent, start, isEmpty: true });
  }

  /** Returns how many of the open containers this line goes on with. */
  function matchContainers(): number {
    for (let index = 0; index < stack.length; index++) {
      const { isQuote, isEmpty, indent } = stack[index] as Container;
      const columns = firstColumn - column;
      if (isQuote) {
        if (columns > 3 || first >= contentEnd || text[first] !== '>') return index;
        enterQuote();
      } else if (first === contentEnd) {
        if (isEmpty) return index;
      } else if (columns >= indent) advance(indent);
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
    const { isOver, isLast } = open.ending;
    if (isOver?.()) {
      close(stack.length);
      return false;
    }
    extend(open);
    if (isLast?.()) close(stack.length);
    return true;
  }

  const untilLess: Ending = { isOver: () => first !== contentEnd && firstColumn - column < 4 };
  const untilBlank: Ending = { isOver: () => first === contentEnd };

  function untilMatch(pattern: RegExp): Ending {
    return { isLast: () => pattern.test(text.slice(pos, contentEnd)) };
  }

  function untilWord(word: string): Ending {
    const isLast = () => {
      const found = find(word, pos);
      return found !== -1 && found < contentEnd;
    };
    return { isLast };
  }

  function untilFence(fence: string): Ending {
    const isLast = () => {
      if (firstColumn - column > 3 || !text.startsWith(fence, first)) return false;
      let next = first;
      while (text[next] === fence[0]) next++;
      return text.slice(next, contentEnd).trim() === '';
    };
    return { isLast };
  }

  /** Opens the blocks that begin in this line; true when nothing of it is left for a paragraph. `matched` counts open containers. */
  function openBlocks(matched: number): boolean {
    let depth = matched;
    for (;;) {
      if (first === contentEnd) return true;
      const isLazy = leaf !== undefined && depth < stack.length;
      const inParagraph = leaf !== undefined && !isLazy;
      if (firstColumn - column > 3) {
        if (leaf !== undefined) return false;
        close(depth);
        leaf = open('code', untilLess);
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
      close(depth);
      const opened = open('heading');
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
      close(depth);
      finish(open('rule'));
      return true;
    }
    const fence = openingFence(line);
    if (fence !== '') {
      close(depth);
      leaf = open('code', untilFence(fence));
      return true;
    }
    const end = htmlBlockEnd(line, inParagraph || isLazy);
    if (end !== undefined) {
      close(depth);
      leaf = open('html', end === 'blank line' ? untilBlank : untilMatch(end));
      if (leaf.ending.isLast?.()) close(stack.length);
      return true;
    }
    for (const [opener, closer, kind] of regions) {
      if (!text.startsWith(opener, first) || leaf?.open.has(opener)) continue;
      const rest = line.slice(2);
      // What is never closed, or has text after it, is no region: it would hide the rest of the note.
      if (rest.includes(closer) || find(closer, contentEnd) === -1 || (kind === 'math' && rest.trim() !== '')) continue;
      close(depth);
      leaf = open(kind, untilWord(closer));
      return true;
    }
    return openTemplate(depth, line);
  }

  function openTemplate(depth: number, line: string): boolean {
    const [, shortcode, tag] = codeTemplate.exec(line) ?? [];
    const closer = shortcode === undefined ? `end${tag}` : `/${shortcode}`;
    if ((shortcode ?? tag) === undefined || line.includes(closer)) return false;
    if (find(closer, contentEnd) === -1) return false;
    close(depth);
    leaf = open('template', untilWord(closer));
    return true;
  }

  function openContainer(depth: number, inParagraph: boolean): boolean {
    const start = depth === 0 ? lineStart : first;
    if (text[first] === '>') {
      close(depth);
      push(true, 0, start);
      enterQuote();
      return true;
    }
    const line = text.slice(first, contentEnd);
    const mark = indentedBlockMark(line);
    if (mark !== '') {
      close(depth);
      push(false, 4, start);
      moveTo(first + mark.length);
      return true;
    }
    const marker = listMarker(line);
    if (marker === '') return false;
    const isEmpty = line.slice(marker.length).trim() === '';
    if (inParagraph && (isEmpty || !/^(?:\D|0*1\D)$/.test(marker))) return false;
    const indent = firstColumn - column;
    close(depth);
    if (depth === 0 && lastItemStart === -1) lastItemStart = start;
    moveTo(first + marker.length);
    const gap = firstColumn - column;
    const padding = isEmpty || gap > 4 ? 1 : gap;
    push(false, indent + marker.length + padding, depth === 0 ? lastItemStart : start);
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
    if (leaf === undefined) leaf = open('paragraph');
    else {
      extend(leaf);
      leaf.isTable ||= isDelimiterRow(text.slice(first, contentEnd));
    }
    countMarks(leaf);
  }
  close(0);
}
