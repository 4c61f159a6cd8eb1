import dayjs, { type Dayjs } from 'dayjs';
import advancedFormat from 'dayjs/plugin/advancedFormat.js';
import dayOfYear from 'dayjs/plugin/dayOfYear.js';
import isoWeek from 'dayjs/plugin/isoWeek.js';
import localizedFormat from 'dayjs/plugin/localizedFormat.js';
import weekOfYear from 'dayjs/plugin/weekOfYear.js';
import weekYear from 'dayjs/plugin/weekYear.js';
import { isMarkdownName } from '../files/note-path.js';

for (const plugin of [isoWeek, weekOfYear, weekYear, dayOfYear, localizedFormat, advancedFormat]) {
  dayjs.extend(plugin);
}

/** Where the vault's owner keeps daily notes, as Obsidian's core plugin and Periodic Notes say it. */
export interface DailySettings {
  readonly folder: string;
  /** As Moment.js formats dates; may have folders in it. */
  readonly format: string;
  /** The path of the note whose text a new daily note begins with. */
  readonly template: string | undefined;
}

/** Where the settings stand in a vault, in the order in which they are looked for. */
export const dailySettingsPaths = ['.obsidian/daily-notes.json', '.obsidian/plugins/periodic-notes/data.json'] as const;

export const defaultFormat = 'YYYY-MM-DD';

/** Reads the text of a file of settings; undefined where it has none for daily notes. */
export function parseDailySettings(json: string): DailySettings | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
  const daily = isObject(parsed) && 'daily' in parsed ? parsed['daily'] : parsed;
  if (!isObject(daily) || daily['enabled'] === false) return undefined;
  const { folder, format, template } = daily;
  return {
    folder: textOf(folder) ?? '',
    format: textOf(format) ?? defaultFormat,
    template: textOf(template),
  };
}

/** Returns the path of the note of a day, `YYYY-MM-DD`. */
export function dailyPath({ folder, format }: DailySettings, date: string): string {
  return notePath(`${folder}/${formatDate(dayjs(date), format)}`);
}

/** Formats a date as Moment.js does, which knows more than the library: days of the year, numbers of weekdays, short years of weeks. */
function formatDate(date: Dayjs, format: string): string {
  const values: Readonly<Record<string, () => string | number>> = {
    DDD: () => date.dayOfYear(),
    DDDD: () => String(date.dayOfYear()).padStart(3, '0'),
    E: () => date.isoWeekday(),
    e: () => date.day(),
    gg: () => date.format('gggg').slice(-2),
    GG: () => date.format('GGGG').slice(-2),
  };
  return date.format(
    format.replace(/\[[^\]]*\]|g{2,4}|G{2,4}|D{3,4}|[Ee]/g, (token) => {
      const value = values[token]?.();
      return value === undefined ? token : `[${value}]`;
    }),
  );
}

/** Returns the path of the note that a setting names, with or without its ending. */
export function notePath(setting: string): string {
  const path = setting
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return isMarkdownName(path) ? path : `${path}.md`;
}

/** Today as `YYYY-MM-DD`, in the time zone of the process. */
export function today(now: Date): string {
  return dayjs(now).format('YYYY-MM-DD');
}

/**
 * Fills in the places of a template as Obsidian does: `{{title}}`, `{{date}}` and `{{time}}`, the last two with a format
 * after a colon. `now` gives the time of day.
 */
export function fillTemplate(
  template: string,
  { title, date, now }: { title: string; date: string; now: Date },
): string {
  const clock = dayjs(now);
  const at: Dayjs = dayjs(date).hour(clock.hour()).minute(clock.minute()).second(clock.second());
  return template.replace(
    /\{\{\s*(title|date|time)\s*(?::([^{}\n]{1,100}))?\}\}/gi,
    (_whole, name: string, format?: string) => {
      if (name.toLowerCase() === 'title') return title;
      return formatDate(at, format?.trim() ?? (name.toLowerCase() === 'date' ? defaultFormat : 'HH:mm'));
    },
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 1000) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
