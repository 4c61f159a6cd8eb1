import { oneLine } from '../foreign-text.js';
import type { NoteSummary } from '../notes/notes.js';
import { isoTime, pathLine } from './text.js';

/** The status as a group, or as it is written where it is in none. */
export function statusOf({ status, statusText }: NoteSummary): string | undefined {
  return status ?? (statusText === undefined ? undefined : oneLine(statusText, 100));
}

/** A note in one line: path, title where the path does not say it, status, and the kind of what is wrong with it. */
export function noteLine(note: NoteSummary): string {
  const { path, problem } = note;
  const title = oneLine(note.title, 200);
  const marks = [statusOf(note), problem?.split(':')[0]].filter((mark) => mark !== undefined);
  const shown = marks.map((mark) => ` [${oneLine(mark, 100)}]`).join('');
  return `${pathLine(path)}${isNameOf(path, title) ? '' : `: ${title}`}${shown}`;
}

/** The same with the time of its last change in front. */
export function datedLine(note: NoteSummary): string {
  return `${isoTime(note.modifiedMs)} ${noteLine(note)}`;
}

function isNameOf(path: string, title: string): boolean {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.md$/i, '') === title;
}
