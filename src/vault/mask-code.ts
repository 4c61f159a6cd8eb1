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

function maskInlineCode(text: string): string {
  // A run of backticks, then the shortest stretch within one paragraph up to a run of the same length.
  return text.replace(/(?<!`)(`+)(?!`)((?:(?!\r?\n[ \t]*\r?\n)[\s\S])*?)(?<!`)\1(?!`)/g, blank);
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, ' ');
}
