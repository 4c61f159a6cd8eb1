import process from 'node:process';

/** True where `.ci/run`, or whoever waits, sets `FULL=1`: long proofs then run as a whole, else in a short form. */
export const isFull: boolean = (process.env['FULL'] ?? '') !== '';

/** How often a property is tried: `short` times, or `full` times with `FULL=1`. */
export function runs(short: number, full: number): { numRuns: number } {
  return { numRuns: isFull ? full : short };
}
