/** A `## ` section of a note, or what precedes the first one. */
export interface Chunk {
  /** Its place among all sections of the note, skipped ones counted. */
  readonly ordinal: number;
  /** The text of its `## ` heading; empty for the first part. */
  readonly heading: string;
  /** The texts of the deeper headings in it. */
  readonly subheadings: readonly string[];
  /** All its lines, the heading's too. */
  readonly lines: readonly string[];
  /** The first line's number in the note, from 1. */
  readonly line: number;
}

/** Sections with less text than this are not worth a hit. */
const minLength = 20;

/** Splits a note at its `## ` headings, outside fenced code, and leaves out sections of under 20 characters. */
export function splitChunks(text: string): Chunk[] {
  const lines = text.split(/\r\n|\n|\r/);
  const starts = [0];
  const subheadings: string[][] = [[]];
  let fence: string | undefined;
  lines.forEach((line, at) => {
    const marker = /^ {0,3}(```+|~~~+)/.exec(line)?.[1];
    if (marker !== undefined) {
      if (fence === undefined) fence = marker;
      else if (marker.startsWith(fence)) fence = undefined;
    }
    if (fence !== undefined || !line.startsWith('##')) return;
    if (/^##\s/.test(line)) {
      starts.push(at);
      subheadings.push([]);
    } else if (/^#{3,6}\s/.test(line)) subheadings.at(-1)?.push(headingText(line));
  });
  return starts.flatMap((start, ordinal) => {
    const chunk = {
      ordinal,
      heading: ordinal === 0 ? '' : headingText(lines[start] ?? ''),
      subheadings: subheadings[ordinal] ?? [],
      lines: lines.slice(start, starts[ordinal + 1]),
      line: start + 1,
    };
    return chunk.lines.join('\n').trim().length < minLength ? [] : [chunk];
  });
}

function headingText(line: string): string {
  return line
    .replace(/^#+\s+/, '')
    .replace(/\s+#+\s*$/, '')
    .trim();
}
