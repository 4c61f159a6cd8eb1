import { analyse } from './analyser.js';
import type { Chunk } from './chunks.js';

export interface Passage {
  readonly text: string;
  /** First and last line in the note, from 1. */
  readonly line: number;
  readonly endLine: number;
}

const maxLength = 700;
const maxLineLength = 1000;

/** Cuts the passage out of a section that holds most of the terms; a short section is given whole. */
export function cutPassage(chunk: Chunk, terms: readonly string[]): Passage {
  const wanted = new Set(terms);
  const lines = chunk.lines.map((line) => line.slice(0, 100_000));
  const matches = lines.map((line) => new Set(line === '' ? [] : matchesIn(line, wanted)));
  const { first, last } = bestWindow(lines, matches);
  const from = firstFilled(lines, first, last);
  const to = lastFilled(lines, from, last);
  const text = lines
    .slice(from, to + 1)
    .map((line) => (line.length > maxLineLength ? cutLine(line, wanted) : line))
    .join('\n');
  return { text, line: chunk.line + from, endLine: chunk.line + to };
}

function matchesIn(text: string, wanted: ReadonlySet<string>): string[] {
  return analyse(text)
    .flatMap(({ term, exact }) => [term, exact ?? term])
    .filter((term) => wanted.has(term));
}

/** The first of the windows of up to `maxLength` characters that hold the most different terms. */
function bestWindow(
  lines: readonly string[],
  matches: readonly ReadonlySet<string>[],
): { first: number; last: number } {
  let best = { first: 0, last: 0, found: -1, length: 0 };
  for (let first = 0; first < lines.length; first++) {
    if (first > 0 && matches[first]?.size === 0) continue;
    const found = new Set<string>();
    let length = 0;
    let last = first;
    for (let at = first; at < lines.length && (at === first || length + (lines[at]?.length ?? 0) <= maxLength); at++) {
      length += (lines[at]?.length ?? 0) + 1;
      for (const term of matches[at] ?? []) found.add(term);
      last = at;
    }
    if (found.size > best.found) best = { first, last, found: found.size, length };
  }
  // Some lines before the hit say what it is about.
  let { first, length } = best;
  while (first > 0 && best.first - first < 2 && length + (lines[first - 1]?.length ?? 0) < maxLength * 1.3) {
    first--;
    length += (lines[first]?.length ?? 0) + 1;
  }
  return { first, last: best.last };
}

function firstFilled(lines: readonly string[], first: number, last: number): number {
  let at = first;
  while (at < last && lines[at]?.trim() === '') at++;
  return at;
}

function lastFilled(lines: readonly string[], first: number, last: number): number {
  let at = last;
  while (at > first && lines[at]?.trim() === '') at--;
  return at;
}

/** Some `maxLength` characters of a very long line, around its first match. */
function cutLine(line: string, wanted: ReadonlySet<string>): string {
  const words = [...line.matchAll(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu)];
  const hit = words.find((word) => matchesIn(word[0], wanted).length > 0)?.index ?? 0;
  const from = Math.max(0, hit - maxLength / 2);
  const to = Math.min(line.length, from + maxLength);
  return `${from > 0 ? '…' : ''}${withoutHalves(line.slice(from, to))}${to < line.length ? '…' : ''}`;
}

/** A cut may fall between the two halves of an emoji. */
function withoutHalves(text: string): string {
  return text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '');
}
