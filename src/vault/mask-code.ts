/**
 * Returns `text`, a note's body, with code and HTML comments blanked out, of the same length and with the same line breaks,
 * so that what is found in the result stands at the same offset in `text`.
 */
export function maskCode(text: string): string {
  return /`|<!--/.test(text) ? maskInline(maskBlocks(text)) : maskBlocks(text);
}

/** As `maskCode`, but for code and comments within a line of text. */
export function maskBlocks(text: string): string {
  if (!/```|~~~|<!--|^(?: {4}| {0,3}\t)/m.test(text)) return text;
  const mask = createLineMask();
  return text.split('\n').map(mask).join('\n');
}

const lead = String.raw`^ {0,3}(?:> ?)*(?:[-*+] |\d+[.)] )? *`;
const fenceLine = new RegExp(`${lead}(\`{3,}|~{3,})(.*)$`, 's');
const commentLine = new RegExp(`${lead}<!--`);
const indented = /^(?: {4}| {0,3}\t)/;
/** What is indented after an item of a list, or a footnote, belongs to it. */
const itemLine = /^ {0,3}(?:> ?)*(?:[-*+]|\d{1,9}[.)]|\[\^[^\]]+\]:|:)(?:\s|$)/;

/** Returns a function that is given the lines one after the other, and gives each back without fences, comments and indented code. */
function createLineMask(): (line: string) => string {
  let fence: string | undefined;
  let isInComment = false;
  let isInList = false;
  /** No paragraph is open, which an indented line would continue. */
  let isFree = true;

  function maskComment(line: string, from: number): string {
    // Of `<!-->` the dashes are those of the end too (CommonMark 6.6).
    const end = line.indexOf('-->', isInComment ? from : from + 2);
    isInComment = end === -1;
    const after = isInComment ? line.length : end + 3;
    return line.slice(0, from) + blank(line.slice(from, after)) + line.slice(after);
  }

  return (line) => {
    const marker = isInComment ? undefined : fenceLine.exec(line);
    if (fence !== undefined) {
      if (marker?.[1]?.startsWith(fence) && marker[2]?.trim() === '') fence = undefined;
      return blank(line);
    }
    if (isInComment) return maskComment(line, 0);
    if (line.trim() === '') {
      isFree = true;
      return line;
    }
    if (isFree && !isInList && indented.test(line)) return blank(line);
    if (itemLine.test(line)) isInList = true;
    else if (isFree ? /^\S/.test(line) : /^#{1,6}(?:\s|$)/.test(line)) isInList = false;
    isFree = false;
    // A backtick fence with a backtick in its info string is inline code (CommonMark 4.5).
    if (marker?.[1] !== undefined && !(marker[1].startsWith('`') && marker[2]?.includes('`'))) {
      fence = marker[1];
      return blank(line);
    }
    const comment = commentLine.exec(line);
    return comment === null ? line : maskComment(line, comment[0].length - 4);
  };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Blanks out what begins with a run of backticks, up to the next run of the same length in the same paragraph, and comments
 * within one paragraph; what begins first counts (CommonMark 6.1, 6.6).
 */
function maskInline(text: string): string {
  const pieces: string[] = [];
  let copied = 0;
  for (const { start, end } of inlineSpans(text)) {
    if (start < copied) continue;
    pieces.push(text.slice(copied, start), blank(text.slice(start, end)));
    copied = end;
  }
  pieces.push(text.slice(copied));
  return pieces.join('');
}

/** In the order of their beginnings, one perhaps within another. */
function inlineSpans(text: string): Span[] {
  const spans: Span[] = [];
  const marks = [...text.matchAll(/`+|<!--|-->|\n[ \t]*(?=\r?\n)/g)];
  /** The nearest mark of each kind further on in the same paragraph. */
  const next = new Map<string, number>();
  for (const { 0: mark, index } of marks.reverse()) {
    if (mark.startsWith('\n')) {
      next.clear();
      continue;
    }
    const closing = next.get(mark === '<!--' ? '-->' : mark);
    if (mark !== '-->' && closing !== undefined) {
      spans.push({ start: index, end: closing + (mark === '<!--' ? 3 : mark.length) });
    }
    next.set(mark, index);
  }
  return spans.reverse();
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, ' ');
}
