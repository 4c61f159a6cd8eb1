import {
  atxContent,
  atxLevel,
  endsHtml,
  fenceLength,
  htmlKind,
  isBlank,
  isDelimiterRow,
  isThematicBreak,
  listMarker,
  opensIndentedBlock,
  setextLevel,
} from './block-starts.js';
import { createFinder } from './finder.js';

/** A block without blocks in it (CommonMark 4). */
export interface Leaf {
  readonly kind: 'paragraph' | 'heading' | 'html' | 'code' | 'math' | 'comment' | 'template' | 'rule';
  /** Its text: what stands between `start` and `end`, with the marks of the quotes around it blanked out. */
  readonly content: string;
  readonly start: number;
  readonly end: number;
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

interface Container {
  readonly isQuote: boolean;
  /** The columns by which the text of an item is indented. */
  readonly indent: number;
  readonly start: number;
  /** Where the text began of an item that is still empty, or -1. */
  isEmpty: boolean;
}

interface OpenLeaf {
  readonly kind: Leaf['kind'];
  readonly start: number;
  readonly lineStart: number;
  end: number;
  lineEnd: number;
  /** The offsets between which marks of quotes are blanked out, in pairs. */
  readonly marks: number[];
  /** The fence or the word that ends it; of HTML the kind. */
  readonly closer: string;
  readonly htmlKind: number;
  isTable: boolean;
  /** A paragraph has one of these words an odd number of times: the next is its end, and opens no block. */
  readonly open: Set<string>;
}

/** Nesting beyond this is text: no note needs it, and each line costs as much as it is deep. */
const maxDepth = 100;
const mayOpenBlock = /[-#=*_`~<$%>[!?:+0-9{]/;
/** Hugo's and Jekyll's blocks of code. */
const codeTemplate =
  /\{\{[<%] *([\w-]*(?:code|highlight|mermaid|math|katex)[\w-]*)(?=[ >%])|\{%-? *(raw|highlight|comment|mermaid|math)(?=[ %-])/iy;
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

  function emit(open: OpenLeaf, content: string, start: number, level: number): void {
    const outermost = stack[0]?.start ?? open.lineStart;
    const { kind, lineStart, lineEnd, end } = open;
    visit({
      kind: level > 0 ? 'heading' : kind,
      content,
      start,
      end,
      lineStart: open.kind === 'paragraph' && start > open.start ? start : lineStart,
      lineEnd,
      level,
      depth: stack.length,
      outermost,
    });
  }

  /** A paragraph gives up its definitions first; true when something is left. */
  function finish(open: OpenLeaf, level = 0): boolean {
    let content = open.kind === 'code' ? '' : contentOf(open);
    let { start } = open;
    if (open.kind === 'paragraph' && content.startsWith('[')) {
      const taken = takeDefinitions(content, start);
      content = content.slice(taken);
      start += taken;
      if (content.trim() === '') return false;
    }
    emit(open, content, start, level);
    return true;
  }

  function open(kind: Leaf['kind'], closer = '', html = 0): OpenLeaf {
    close(stack.length);
    if (stack.length === 0) lastItemStart = -1;
    for (const container of stack) container.isEmpty = false;
    return {
      kind,
      start: first,
      lineStart,
      end: contentEnd,
      lineEnd,
      marks: [],
      closer,
      htmlKind: html,
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
    const isBlankLine = first === contentEnd;
    for (let index = 0; index < stack.length; index++) {
      const container = stack[index] as Container;
      if (isBlankLine && !container.isQuote) {
        if (container.isEmpty) return index;
        continue;
      }
      const indent = firstColumn - column;
      if (container.isQuote) {
        if (indent > 3 || text[first] !== '>' || first >= contentEnd) return index;
        moveTo(first + 1);
        advance(isBlank(text, pos) && pos < contentEnd ? 1 : 0);
      } else if (first === contentEnd) {
        if (container.isEmpty) return index;
      } else if (indent >= container.indent) advance(container.indent);
      else return index;
    }
    return stack.length;
  }

  /** Goes on with an open leaf other than a paragraph; true when the line belongs to it. */
  function continueLeaf(open: OpenLeaf): boolean {
    const isBlankLine = first === contentEnd;
    const indent = firstColumn - column;
    if (open.kind === 'html' ? open.htmlKind > 5 && isBlankLine : open.closer === '' && !isBlankLine && indent < 4) {
      close(stack.length);
      return false;
    }
    extend(open);
    if (open.kind === 'html' ? endsHtml(open.htmlKind, text.slice(pos, contentEnd)) : closesLeaf(open, indent)) {
      close(stack.length);
    }
    return true;
  }

  function closesLeaf({ kind, closer }: OpenLeaf, indent: number): boolean {
    if (kind !== 'code') return find(closer, pos) !== -1 && find(closer, pos) < contentEnd;
    if (closer === '' || indent > 3 || !text.startsWith(closer, first)) return false;
    let next = first;
    while (text[next] === closer[0]) next++;
    return next - first >= closer.length && text.slice(next, contentEnd).trim() === '';
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
        leaf = open('code');
        return true;
      }
      if (!mayOpenBlock.test(text.charAt(first))) return false;
      if (openLeaf(depth, inParagraph, isLazy)) return true;
      if (depth >= maxDepth || !openContainer(depth, inParagraph)) return false;
      depth = stack.length;
    }
  }

  function openLeaf(depth: number, inParagraph: boolean, isLazy: boolean): boolean {
    const level = atxLevel(text, first, contentEnd);
    if (level > 0) {
      close(depth);
      const heading = open('heading');
      const content = atxContent(text, first, contentEnd, level);
      emit({ ...heading, end: content.end }, text.slice(content.start, content.end), content.start, level);
      return true;
    }
    if (leaf?.kind === 'paragraph' && inParagraph && !leaf.isTable) {
      const underlined = setextLevel(text, first, contentEnd);
      if (underlined > 0) {
        const paragraph = { ...leaf, lineEnd };
        leaf = undefined;
        if (finish(paragraph, underlined)) return true;
      }
    }
    if (isThematicBreak(text, first, contentEnd)) {
      close(depth);
      finish(open('rule'));
      return true;
    }
    const fence = fenceLength(text, first, contentEnd);
    const html = fence > 0 ? 0 : htmlKind(text, first, contentEnd);
    if (fence > 0 || (html > 0 && (html < 7 || !(inParagraph || isLazy)))) {
      close(depth);
      leaf = open(fence > 0 ? 'code' : 'html', text.slice(first, first + fence), html);
      if (html > 0 && endsHtml(html, text.slice(first, contentEnd))) close(stack.length);
      return true;
    }
    for (const [opener, closer, kind] of regions) {
      if (!text.startsWith(opener, first) || leaf?.open.has(opener)) continue;
      const rest = text.slice(first + 2, contentEnd);
      // What is never closed, or has text after it, is no region: it would hide the rest of the note.
      if (rest.includes(closer) || find(closer, contentEnd) === -1 || (kind === 'math' && rest.trim() !== '')) continue;
      close(depth);
      leaf = open(kind, closer);
      return true;
    }
    return openTemplate(depth);
  }

  function openTemplate(depth: number): boolean {
    codeTemplate.lastIndex = first;
    const [, shortcode, tag] = codeTemplate.exec(text) ?? [];
    const closer = shortcode === undefined ? `end${tag}` : `/${shortcode}`;
    if ((shortcode ?? tag) === undefined || text.slice(first, contentEnd).includes(closer)) return false;
    if (find(closer, contentEnd) === -1) return false;
    close(depth);
    leaf = open('template', closer);
    return true;
  }

  function openContainer(depth: number, inParagraph: boolean): boolean {
    const start = depth === 0 ? lineStart : first;
    if (text[first] === '>') {
      close(depth);
      push(true, 0, start);
      moveTo(first + 1);
      advance(isBlank(text, pos) && pos < contentEnd ? 1 : 0);
      return true;
    }
    const indented = opensIndentedBlock(text, first);
    if (indented > 0) {
      close(depth);
      push(false, 4, start);
      moveTo(first + indented);
      return true;
    }
    const marker = listMarker(text, first, contentEnd);
    if (marker === undefined) return false;
    const isEmpty = text.slice(first + marker.length, contentEnd).trim() === '';
    if (inParagraph && (isEmpty || marker.number !== 1)) return false;
    const indent = firstColumn - column;
    close(depth);
    if (depth === 0 && lastItemStart === -1) lastItemStart = start;
    moveTo(first + marker.length);
    const gap = firstColumn - column;
    const padding = marker.length + (isEmpty || gap > 4 ? 1 : gap);
    push(false, indent + padding, depth === 0 ? lastItemStart : start);
    advance(isEmpty || gap > 4 ? 1 : gap);
    return true;
  }

  for (; lineStart < text.length; lineStart = lineEnd) {
    const lineBreak = text.indexOf('\n', lineStart);
    lineEnd = lineBreak === -1 ? text.length : lineBreak + 1;
    contentEnd =
      lineBreak === -1
        ? text.length
        : lineBreak > lineStart && text[lineBreak - 1] === '\r'
          ? lineBreak - 1
          : lineBreak;
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
    if (leaf === undefined) {
      leaf = open('paragraph');
      countMarks(leaf);
    } else {
      extend(leaf);
      countMarks(leaf);
      if (isDelimiterRow(text.slice(first, contentEnd))) leaf.isTable = true;
    }
  }
  close(0);
}
