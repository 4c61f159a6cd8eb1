/**
 * Returns `text` with everything inside fenced code blocks and inline code blanked out, of the same length and with the
 * same line breaks, so that what is found in the result stands at the same offset in `text`.
 */
export function maskCode(text: string): string {
  if (!text.includes('`') && !text.includes('~~~')) return text;
  return maskInlineCode(maskFences(text));
}

function maskFences(text: string): string {
  let fence: string | undefined;
  return text.replace(/^.*$/gm, (line) => {
    const marker = /^ {0,3}(?:> ?)*(?:[-*+] |\d+[.)] )? *(`{3,}|~{3,})(.*)$/.exec(line);
    if (fence === undefined) {
      // A backtick fence with a backtick in its info string is inline code (CommonMark 4.5).
      if (marker?.[1] === undefined || (marker[1].startsWith('`') && marker[2]?.includes('`'))) return line;
      fence = marker[1];
    } else if (marker?.[1]?.startsWith(fence) && marker[2]?.trim() === '') {
      fence = undefined;
    }
    return ' '.repeat(line.length);
  });
}

/** A run of backticks, up to the next run of the same length in the same paragraph (CommonMark 6.1). */
function maskInlineCode(text: string): string {
  const runs: { start: number; end: number; paragraph: number; closing: number }[] = [];
  let paragraph = 0;
  for (const { 0: found, index } of text.matchAll(/`+|\n[ \t]*(?=\r?\n)/g)) {
    if (found.startsWith('\n')) paragraph++;
    else runs.push({ start: index, end: index + found.length, paragraph, closing: -1 });
  }
  const nextOfLength = new Map<number, number>();
  for (let at = runs.length - 1; at >= 0; at--) {
    const run = runs[at];
    if (run === undefined) continue;
    run.closing = nextOfLength.get(run.end - run.start) ?? -1;
    nextOfLength.set(run.end - run.start, at);
  }
  const pieces: string[] = [];
  let copied = 0;
  for (let at = 0; at < runs.length; at++) {
    const opening = runs[at];
    const closing = opening && runs[opening.closing];
    if (closing === undefined || closing.paragraph !== opening?.paragraph) continue;
    pieces.push(text.slice(copied, opening.start), blank(text.slice(opening.start, closing.end)));
    copied = closing.end;
    at = opening.closing;
  }
  pieces.push(text.slice(copied));
  return pieces.join('');
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, ' ');
}
