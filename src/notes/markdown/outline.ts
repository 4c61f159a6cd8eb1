import type { Leaf } from './blocks.js';
import { type Heading, limits, type Section } from './note.js';
import { createLineCounter } from './note-text.js';
import { plainText } from './plain-text.js';

const maxTextCharacters = 500;

/** Collects the headings of a note. */
export interface Outline {
  /** In order. */
  add(leaf: Leaf): void;
  list(): Heading[];
  isCut(): boolean;
}

export function createOutline(text: string): Outline {
  const headings: { -readonly [Key in keyof Heading]: Heading[Key] }[] = [];
  const lineAt = createLineCounter(text);
  /** The indices of the headings that the next one may stand under. */
  const above: number[] = [];
  let isCut = false;
  return {
    add({ level, content, lineStart, lineEnd }) {
      if (headings.length === limits.headings) {
        isCut = true;
        return;
      }
      const previous = headings.at(-1);
      if (previous !== undefined) previous.contentEnd = lineStart;
      for (let open = above.at(-1); open !== undefined; open = above.at(-1)) {
        const heading = headings[open];
        if (heading === undefined || heading.level < level) break;
        heading.end = lineStart;
        above.pop();
      }
      const source = content.trim();
      headings.push({
        level,
        text: plainText(source).slice(0, maxTextCharacters),
        source,
        line: lineAt(lineStart),
        start: lineStart,
        contentStart: lineEnd,
        contentEnd: text.length,
        end: text.length,
        parent: above.at(-1) ?? -1,
      });
      above.push(headings.length - 1);
    },
    list: () => headings,
    isCut: () => isCut,
  };
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
