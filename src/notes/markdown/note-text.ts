const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Returns the text of UTF-8 bytes without its byte order mark; `undefined` for what is no text (other encodings, NUL). */
export function decodeText(bytes: Uint8Array): { text: string; hasMark: boolean } | undefined {
  const hasMark = byteOrderMark.equals(bytes.subarray(0, 3));
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(hasMark ? bytes.subarray(3) : bytes);
    return text.includes('\0') ? undefined : { text, hasMark };
  } catch {
    return undefined;
  }
}

/** Returns the number of the line at an offset, from 1, for offsets that grow; linear in the text, however often it is asked. */
export function createLineCounter(text: string): (offset: number) => number {
  let line = 1;
  let lineEnd = text.indexOf('\n');
  return (offset) => {
    for (; lineEnd !== -1 && lineEnd < offset; lineEnd = text.indexOf('\n', lineEnd + 1)) line++;
    return line;
  };
}

/** Returns the offset after so many lines, at most that of the end. */
export function endOfLines(text: string, from: number, count: number): number {
  let end = from;
  for (let line = 0; line < count; line++) {
    const lineBreak = text.indexOf('\n', end);
    if (lineBreak === -1) return text.length;
    end = lineBreak + 1;
  }
  return end;
}
