import { lineEndingOf, withLineEnding } from './note-text.js';

/** Returns `content` as it replaces the text `before`: with its line endings, and with or without a line break at the end as there. */
export function replaceText(before: string, content: string): string {
  if (before === '' || content === '') return content;
  const ending = before.includes('\n') ? lineEndingOf(before) : '\n';
  const text = withLineEnding(content, ending);
  if (before.endsWith('\n')) return text.endsWith('\n') ? text : text + ending;
  let end = text.length;
  while (text[end - 1] === '\n') end -= text[end - 2] === '\r' ? 2 : 1;
  return text.slice(0, end);
}
