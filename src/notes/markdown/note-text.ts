import { isUtf8 } from 'node:buffer';

/** Returns the text of UTF-8 bytes without its byte order mark; `undefined` for what is no text (other encodings, NUL). */
export function decodeText(bytes: Uint8Array): { text: string; hasMark: boolean } | undefined {
  if (!isUtf8(bytes)) return undefined;
  const { buffer, byteOffset, byteLength } = bytes;
  const whole = Buffer.from(buffer, byteOffset, byteLength).toString();
  const hasMark = whole.startsWith('\ufeff');
  return whole.includes('\0') ? undefined : { text: hasMark ? whole.slice(1) : whole, hasMark };
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
