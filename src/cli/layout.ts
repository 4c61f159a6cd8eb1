import { graphemesOf } from '../foreign-text.js';

/** A piece of a row: the text, and how it is painted. */
export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

export interface Frame {
  /** Columns of the terminal. */
  readonly width: number;
  /** Columns before the first cell, and before the first cell of a further line. */
  readonly indent: number;
  readonly hang: number;
}

const gap = 2;
/** A cell longer than this pushes what follows it aside, in its own row only. */
const widestColumn = 40;

/**
 * Returns a function that writes a row of the kind of `rows` with its cells in columns; where the width is too small for
 * one line, every row breaks at the same columns.
 */
export function planRows(rows: Iterable<readonly Cell[]>, frame: Frame): (row: readonly Cell[]) => string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach(({ text }, index) => {
      widths[index] = Math.max(widths[index] ?? 0, Math.min(widestColumn, displayWidth(text)));
    });
  }
  const startsLine = new Set<number>();
  let end = frame.indent;
  for (const [index, width] of widths.entries()) {
    if (index > 0 && end + width > frame.width) {
      startsLine.add(index);
      end = frame.hang;
    }
    end += width + gap;
  }
  const firstIndent = ' '.repeat(frame.indent);
  const nextIndent = `\n${' '.repeat(frame.hang)}`;
  return (row) => {
    let text = firstIndent;
    let pending = 0;
    for (let index = 0; index < row.length; index += 1) {
      const cell = row[index] as Cell;
      const width = widths[index] ?? 0;
      if (cell.text === '' && index > 0) {
        pending += startsLine.has(index) ? 0 : width + gap;
        continue;
      }
      if (startsLine.has(index)) text += nextIndent;
      else if (pending > 0) text += blanks.slice(0, pending);
      text += cell.paint === undefined ? cell.text : cell.paint(cell.text);
      pending = index === row.length - 1 ? 0 : Math.max(0, width - displayWidth(cell.text)) + gap;
    }
    return text;
  };
}

const blanks = ' '.repeat(1_000);

/** Returns the columns that a terminal gives to `text`, which has no control characters. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesOf(text)) width += isWide(segment) ? 2 : isNothing(segment) ? 0 : 1;
  return width;
}

/** Returns `text`, or its beginning with an ellipsis where it has more than `width` columns; an emoji family stays whole. */
export function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let cut = '';
  let used = 1;
  for (const { segment } of graphemesOf(text)) {
    used += displayWidth(segment);
    if (used > width) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** What a person takes for one character: marks, flags and emoji families are of several code points. */

const wide =
  /\p{Emoji_Presentation}|\ufe0f|[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\uff01-\uff60]/u;

function isWide(segment: string): boolean {
  return wide.test(segment);
}

function isNothing(segment: string): boolean {
  return /^\p{Mark}+$/u.test(segment);
}
