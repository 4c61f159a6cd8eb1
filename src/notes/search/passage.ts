import { analyse } from './analyser.js';
import { countBreaks } from './cut-sections.js';

export interface Passage {
  readonly text: string;
  /** First and last line in the note, from 1. */
  readonly line: number;
  readonly endLine: number;
}

const maxLength = 700;
/** What stands before the first match says what it is about. */
const lead = 120;

/**
 * Cuts the passage out of a section that shows most of the terms, by how much each tells (a prefix ends in `*`); without
 * any, its beginning. A short section is given whole. `line` is the section's first.
 */
export function cutPassage(section: string, line: number, terms: ReadonlyMap<string, number>): Passage {
  const to = section.trimEnd().length;
  const from = Math.min(to, section.length - section.trimStart().length);
  let [start, end] = [from, to];
  if (to - from > maxLength) {
    const window = bestWindow(section, terms);
    if (window !== undefined) {
      const room = maxLength - (window.end - window.start);
      start = lineOrWordStart(section, from, window.start, Math.min(lead, room));
    }
    end = wordEnd(section, start + maxLength, to);
  }
  const shown = section.slice(start, end);
  start += shown.length - shown.trimStart().length;
  const text = shown.trim();
  end = start + text.length;
  const isCutBefore = start > from && section[start - 1] !== '\n';
  const isCutAfter = end < to && section[end] !== '\n';
  const firstLine = line + countBreaks(section, 0, start);
  return {
    text: `${isCutBefore ? '…' : ''}${text}${isCutAfter ? '…' : ''}`,
    line: firstLine,
    endLine: firstLine + countBreaks(section, start, end),
  };
}

/** The first of the shortest stretches with the greatest weight of different terms, each once. */
function bestWindow(text: string, terms: ReadonlyMap<string, number>): { start: number; end: number } | undefined {
  const prefixes = [...terms]
    .filter(([term]) => term.endsWith('*'))
    .map(([term, weight]) => [term.slice(0, -1), weight] as const);
  const matches = analyse(text).flatMap(({ term, folded, start, end }) => {
    const weight = terms.get(term) ?? prefixes.find(([prefix]) => folded.startsWith(prefix))?.[1];
    return weight === undefined ? [] : [{ term, weight, start, end }];
  });
  const inside = new Map<string, number>();
  let weight = 0;
  let first = 0;
  let best: { start: number; end: number; weight: number } | undefined;
  for (const match of matches) {
    const count = inside.get(match.term) ?? 0;
    if (count === 0) weight += match.weight;
    inside.set(match.term, count + 1);
    for (;;) {
      const earliest = matches[first];
      if (earliest === undefined) break;
      const times = inside.get(earliest.term) ?? 0;
      const isTooLong = match.end - earliest.start > maxLength - lead && earliest !== match;
      if (!isTooLong && times < 2) break;
      inside.set(earliest.term, times - 1);
      if (times === 1) weight -= earliest.weight;
      first++;
    }
    const start = matches[first]?.start ?? match.start;
    if (best === undefined || weight > best.weight + 1e-9) best = { start, end: match.end, weight };
  }
  return best;
}

/** Where its line begins, if that is near; else where a word begins. */
function lineOrWordStart(text: string, from: number, at: number, most: number): number {
  const earliest = Math.max(from, at - most);
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  if (lineStart >= earliest) return Math.max(from, lineStart);
  if (earliest === from) return from;
  const space = text.slice(earliest, at).search(/\s/);
  return space < 0 ? afterHalf(text, earliest) : earliest + space + 1;
}

function wordEnd(text: string, at: number, to: number): number {
  if (at >= to) return to;
  const window = text.slice(at - 100, at);
  const breakAt = Math.max(window.lastIndexOf('\n'), window.lastIndexOf(' '));
  return breakAt > 0 ? at - 100 + breakAt : afterHalf(text, at);
}

/** Never between the two halves of an emoji. */
function afterHalf(text: string, at: number): number {
  return /[\uDC00-\uDFFF]/.test(text[at] ?? '') ? at + 1 : at;
}
