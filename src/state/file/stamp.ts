import type { BigIntStats } from 'node:fs';

/** Identifies one content of the state file, while the file that it came from is kept open. */
export type Stamp = string;

export function stampOf(stat: BigIntStats): Stamp {
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ');
}
