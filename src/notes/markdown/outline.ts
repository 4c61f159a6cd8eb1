import type { Leaf } from './blocks.js';
import type { Heading, Section } from './note.js';
import { createLineCounter } from './note-text.js';
import { plainText } from './plain-text.js';

const maxTextCharacters = 500;

/** Returns the headings of a note by their leaves. */
export function readOutline(text: string, leaves: readonly Leaf[]): Heading[] {
  const lineAt = createLineCounter(text);
  const ends = leaves.map(() => text.length);
  /** The indices of the headings that the next one may stand under. */
  const above: number[] = [];
  const parents = leaves.map(({ level, lineStart }, index) => {
    for (let open = above.at(-1); open !== undefined && (leaves[open]?.level ?? 0) >= level; open = above.at(-1)) {
      ends[open] = lineStart;
      above.pop();
    }
    above.push(index);
    return above.at(-2) ?? -1;
  });
  return leaves.map(({ level, content, lineStart, lineEnd }, index) => ({
    level,
    text: plainText(content.trim()).slice(0, maxTextCharacters),
    source: content.trim(),
    line: lineAt(lineStart),
    start: lineStart,
    contentStart: lineEnd,
    contentEnd: leaves[index + 1]?.lineStart ?? text.length,
    end: ends[index] ?? text.length,
    parent: parents[index] ?? -1,
  }));
}

/** Cuts the body before each heading. */
export function cutSections(text: string, bodyStart: number, headings: readonly Heading[]): Section[] {
  const first = {
    heading: -1,
    start: bodyStart,
    end: headings[0]?.start ?? text.length,
    line: createLineCounter(text)(bodyStart),
  };
  const rest = headings.map(({ start, contentEnd, line }, heading) => ({ heading, start, end: contentEnd, line }));
  return first.end > first.start ? [first, ...rest] : rest;
}
