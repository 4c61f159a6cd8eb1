import { count } from '../words.js';
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

const day = 24 * 3600;
const month = 30.44 * day;

/** Returns when `time` is from `now` (both in seconds), in words: `in 29 days`, `3 minutes ago`, `just now`. */
export function describeTime(time: number, now: number): string {
  const distance = Math.abs(time - now);
  if (distance < 1) return 'just now';
  if (distance < 60) return word(distance, 1, 'second', time > now);
  if (distance < 3600) return word(distance, 60, 'minute', time > now);
  if (distance < 2 * day) return word(distance, 3600, 'hour', time > now);
  if (distance < 4 * month) return word(distance, day, 'day', time > now);
  if (distance < 24 * month) return word(distance, month, 'month', time > now);
  return word(distance, 365.25 * day, 'year', time > now);
}

/** Returns how far `time` is from `now` in one short word for a column: `12d`, `3m`, `5h`. */
export function ageOf(time: number, now: number): string {
  const words = describeTime(time, now);
  if (words === 'just now') return 'now';
  const [, count = '', unit = ''] = /(\d+) (\w+?)s?(?: ago)?$/.exec(words) ?? [];
  return `${count}${unit === 'month' ? 'mo' : unit[0]}`;
}

function word(distance: number, unit: number, name: string, isAhead: boolean): string {
  const words = count(Math.floor(distance / unit), name);
  return isAhead ? `in ${words}` : `${words} ago`;
}
