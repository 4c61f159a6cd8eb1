import { normalizeText } from '../../text.js';
import type { Span } from '../markdown/note.js';

export type LineEnding = '\n' | '\r\n';

/** Returns the line ending that most lines of `text` have; `\n` when there are as many of both. */
export function lineEndingOf(text: string): LineEnding {
  let all = 0;
  let withReturn = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    all++;
    if (text.charCodeAt(at - 1) === 13) withReturn++;
  }
  return withReturn * 2 > all ? '\r\n' : '\n';
}

/** Returns `text` with every line ended by `ending`. */
export function withLineEnding(text: string, ending: LineEnding): string {
  const plain = text.replaceAll('\r\n', '\n');
  return ending === '\n' ? plain : plain.replaceAll('\n', '\r\n');
}

/** Returns `text` in the Unicode form that `model` is written in, or as it is when `model` shows none. */
export function withUnicodeFormOf(model: string, text: string): string {
  const composed = normalizeText(model);
  const decomposed = normalizeText(model, 'NFD');
  if (composed === decomposed) return text;
  if (model === decomposed) return normalizeText(text, 'NFD');
  return model === composed && text === normalizeText(text, 'NFD') ? normalizeText(text) : text;
}

export interface Replacement extends Span {
  /** What is to stand there. */
  readonly written: string;
}

/** Returns `text` with other text in place of spans that do not overlap. */
export function replaceSpans(text: string, replacements: readonly Replacement[]): string {
  const pieces: string[] = [];
  let copied = 0;
  for (const { start, end, written } of replacements.toSorted((a, b) => a.start - b.start)) {
    pieces.push(text.slice(copied, start), written);
    copied = end;
  }
  return pieces.join('') + text.slice(copied);
}
