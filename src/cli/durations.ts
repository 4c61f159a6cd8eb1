import { UsageError } from './errors.js';

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 24 * 3600 };
const longestSeconds = 3650 * 24 * 3600;

/** Returns the seconds of a text such as `90s`, `45m`, `12h` or `30d`; `source` names the setting in the error. */
export function parseDuration(text: string, source: string): number {
  const match = /^(\d{1,9})([smhd])$/.exec(text.trim());
  const seconds = Number(match?.[1]) * (unitSeconds[match?.[2] ?? ''] ?? Number.NaN);
  if (!(seconds > 0 && seconds <= longestSeconds)) {
    throw new UsageError(
      `${source}: ${JSON.stringify(text)} is not a duration`,
      'write a number and a unit, such as 30d, 12h, 45m or 90s; at most 3650d',
    );
  }
  return seconds;
}

const spans: readonly [name: string, seconds: number, until: number][] = [
  ['second', 1, 60],
  ['minute', 60, 3600],
  ['hour', 3600, 48 * 3600],
  ['day', 24 * 3600, 120 * 24 * 3600],
  ['month', 30.44 * 24 * 3600, 24 * 30.44 * 24 * 3600],
  ['year', 365.25 * 24 * 3600, Number.POSITIVE_INFINITY],
];

/** Returns when `time` is from `now` (both in seconds), in words: `in 29 days`, `3 minutes ago`, `now`. */
export function describeTime(time: number, now: number): string {
  const distance = Math.abs(time - now);
  if (distance < 1) return 'just now';
  for (const [name, seconds, until] of spans) {
    if (distance >= until) continue;
    const count = Math.floor(distance / seconds);
    const words = `${count} ${name}${count === 1 ? '' : 's'}`;
    return time > now ? `in ${words}` : `${words} ago`;
  }
  return 'unknown';
}
