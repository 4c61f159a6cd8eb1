import type { BigIntStats } from 'node:fs';

/** What tells one content of the state file from the next, while the file it was taken from is kept open. */
export type Stamp = string;

export function stampOf(stat: BigIntStats): Stamp {
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ');
}
