import { normalizeText } from '../../text.js';
import type { LineEnding, Span } from '../markdown/note.js';

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

/** Returns `text` with other text in place of spans, which are given in order. */
export function replaceSpans(text: string, spans: Iterable<Span & { readonly written: string }>): string {
  const pieces: string[] = [];
  let copied = 0;
  for (const { start, end, written } of spans) {
    pieces.push(text.slice(copied, start), written);
    copied = end;
  }
  return pieces.join('') + text.slice(copied);
}
