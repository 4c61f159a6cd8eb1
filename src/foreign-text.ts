/**
 * Puts text of notes on one line of at most `maxChars`: control, bidi and line-separating characters become spaces. What
 * joins letters stays, for some scripts are written with it.
 */
export function oneLine(text: string, maxChars = 300): string {
  const head = cutText(text, maxChars * 4);
  // Most of what is shown is ASCII, which needs no slower look.
  const clean = /^[ -~]*$/.test(head)
    ? head
    : head.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ');
  const line = clean.trim();
  return line.length <= maxChars ? line : `${cutText(line, maxChars)}…`;
}

/** The first `maxChars` UTF-16 units of `text`, never half a character. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const last = text.charCodeAt(maxChars - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxChars - 1 : maxChars);
}

const shownNameLength = 60;

let segmenter: Intl.Segmenter | undefined;

/** Yields what people count as characters; made when it is first needed, for it costs a command's start much. */
export function graphemesOf(text: string): Iterable<{ readonly segment: string }> {
  segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/**
 * Returns what a stranger sent, fit for a terminal, a page or a log: without control, format (bidi) and line-separating characters, at most `length` characters long, as
 * people count them. What joins two emoji into one stays.
 */
export function displayText(text: string, length: number = shownNameLength): string {
  if (text.length <= length && /^[!-~]+( [!-~]+)*$/.test(text)) return text;
  const clean = text
    .replace(
      /(?<!\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?)\u200d|\u200d(?!\p{Extended_Pictographic})/gu,
      ' ',
    )
    .replace(/(?!\u200d)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  if (clean.length <= length) return clean;
  const characters = Array.from(graphemesOf(clean.slice(0, length * 20)), ({ segment }) => segment);
  return characters.length <= length && clean.length <= length * 20
    ? clean
    : `${characters.slice(0, length - 1).join('')}…`;
}

/**
 * Returns the name that a client gave itself, fit to stand between quotation marks of ours: without any of its own, without
 * characters that look blank, and with two marks a letter at most.
 */
export function displayName(name: string): string {
  if (name.length <= shownNameLength && /^[!#-~]+( [!#-~]+)*$/.test(name)) return name;
  const plain = name
    .slice(0, 2_000)
    .replace(/(?<=\p{L})[\u2019\uff07](?=\p{L})/gu, "'")
    .replace(/["\p{Pi}\p{Pf}\u201a\u201e\u2033\u2036\u275b-\u275e\u301d-\u301f\uff02\u{1f676}-\u{1f678}]/gu, '')
    .replace(/[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u{1d159}]/gu, ' ')
    .replace(/(\p{M}{2})\p{M}+/gu, '$1');
  return displayText(plain);
}
