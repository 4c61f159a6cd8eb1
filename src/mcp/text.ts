/** Puts foreign text on one line of at most `maxChars`: control, bidi and line-separating characters become spaces. */
export function oneLine(text: string, maxChars = 300): string {
  const line = isPlain(text, maxChars)
    ? text.trim()
    : cutText(text, maxChars * 4)
        .replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
        .trim();
  return line.length <= maxChars ? line : `${cutText(line, maxChars)}…`;
}

/** Most of what is shown is short ASCII, which needs no slower look. */
function isPlain(text: string, maxChars: number): boolean {
  return text.length <= maxChars && /^[ -~]*$/.test(text);
}

/** A path on one line, whole: what follows from it must find the same file again. */
export function pathLine(path: string): string {
  return oneLine(path, 4096);
}

/** The first `maxChars` UTF-16 units of `text`, never half a character. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const last = text.charCodeAt(maxChars - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxChars - 1 : maxChars);
}

/** The same value with no half of a character in any of its texts: many programs refuse JSON that has one. */
export function wholeCharacters<T>(value: T): T {
  if (typeof value === 'string') return value.toWellFormed() as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(wholeCharacters) as T;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key.toWellFormed(), wholeCharacters(one)])) as T;
}

/** Prefixes each line with its number, so that no line of a note can pass for the answer's own words. */
export function numberLines(text: string, firstLine: number): string {
  const lines = text.split(/\r?\n/);
  const width = String(firstLine + lines.length - 1).length;
  const numbered = lines.map((line, index) => {
    return `${String(firstLine + index).padStart(width)}| ${line.replace(/[\r\v\f\u0085\u2028\u2029]/g, ' ')}`;
  });
  return numbered.join('\n');
}

/** The first values, each on one line, and how many more there are. */
export function listLine(values: readonly string[], total = values.length, most = 20, maxChars = 100): string {
  const shown = values.slice(0, most).map((value) => oneLine(value, maxChars));
  const more = total - shown.length;
  return more > 0 ? `${shown.join(', ')}, … (${more} more)` : shown.join(', ');
}

/** `1 note`, `2 notes`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** `3 notes:`, or `3 notes, 2 here:` where only some follow. */
export function countHead(total: number, shown: number, noun: string): string {
  return `${count(total, noun)}${shown < total ? `, ${shown} here` : ''}:`;
}

/** The same object without its undefined members, for interfaces with exact optional properties. */
export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** Milliseconds since the epoch as `2026-07-28T12:00:00Z`. */
export function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -5)}Z`;
}
