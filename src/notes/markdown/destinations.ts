const maxParentheses = 32;
const namedEntities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};

/** The target of a Markdown link: from `start` to `end` without angle brackets, `after` behind them. */
export interface Destination {
  readonly start: number;
  readonly end: number;
  readonly after: number;
  readonly angled: boolean;
}

/** Reads a link destination (CommonMark 6.3) at `at`; undefined when there is none. */
export function readDestination(text: string, at: number): Destination | undefined {
  let depth = 0;
  let next = at;
  if (text[at] === '<') {
    for (next = at + 1; next < text.length; next++) {
      const code = text.charCodeAt(next);
      if (code === 62) return { start: at + 1, end: next, after: next + 1, angled: true };
      if (code === 60 || code === 10) return undefined;
      if (code === 92) next++;
    }
    return undefined;
  }
  for (; next < text.length; next++) {
    const code = text.charCodeAt(next);
    if (code <= 32 || code === 127) break;
    if (code === 92 && isPunctuation(text[next + 1])) next++;
    else if (code === 40 && ++depth > maxParentheses) return undefined;
    else if (code === 41 && --depth < 0) break;
  }
  return depth > 0 ? undefined : { start: at, end: next, after: next, angled: false };
}

/** Returns the offset after the link title that begins at `at`, or -1; `find` looks for words from growing offsets. */
export function readTitle(text: string, at: number, find: (word: string, from: number) => number): number {
  const quote = text[at];
  if (quote === '(') {
    for (let next = at + 1; next < text.length; next++) {
      const code = text.charCodeAt(next);
      if (code === 41) return next + 1;
      if (code === 40) return -1;
      if (code === 92) next++;
    }
    return -1;
  }
  if (quote !== '"' && quote !== "'") return -1;
  for (let from = at + 1; ; ) {
    const end = find(quote, from);
    if (end === -1 || !isEscaped(text, end, from)) return end === -1 ? -1 : end + 1;
    from = end + 1;
  }
}

/** Skips blanks and line breaks; of the latter at most one in a row can stand in a paragraph. */
export function skipSpace(text: string, at: number): number {
  let next = at;
  while (next < text.length && ' \t\n\r'.includes(text.charAt(next))) next++;
  return next;
}

const entity = /&(?:#([0-9]{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi;

/** Returns a piece of Markdown without its backslash escapes, and with its entities decoded. */
export function unescapeMarkdown(written: string): string {
  if (!/[\\&]/.test(written)) return written;
  return written.replace(/\\([!-/:-@[-`{-~])|&[#\w]+;/g, (whole, escaped?: string) => escaped ?? decodeEntities(whole));
}

/** Decodes numeric entities and those with the commonest names. */
export function decodeEntities(written: string): string {
  return written.replace(entity, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return namedEntities[name] ?? whole;
    const code = Number(decimal ?? `0x${hex}`);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  });
}

/** Undoes percent-encoding; a lone `%` is not encoding: the name simply has one. */
export function decodePercent(written: string): string {
  if (!written.includes('%')) return written;
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

/** Of ASCII: what a backslash escapes. */
export function isPunctuation(character: string | undefined): boolean {
  return character !== undefined && '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'.includes(character);
}

/** Whether the character at `at` has an odd number of backslashes before it, counted down to `from`. */
function isEscaped(text: string, at: number, from: number): boolean {
  let backslashes = 0;
  while (at - backslashes > from && text[at - backslashes - 1] === '\\') backslashes++;
  return backslashes % 2 === 1;
}
