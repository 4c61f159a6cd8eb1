import { oneLine } from '../foreign-text.js';
import { pathLine } from './text.js';

/** Says what was done to a note, what is wrong with it now, and by which hash this version goes. */
export function changeText(
  done: string,
  path: string,
  detail: string,
  { hash, problem }: { hash: string; problem?: string | undefined },
): string {
  const warning = problem === undefined ? '' : `\nProblem now: ${oneLine(problem, 500)}`;
  return `${done} ${pathLine(path)}${detail}${warning}\nHash: ${hash}`;
}
