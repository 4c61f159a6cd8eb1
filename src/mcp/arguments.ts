import * as z from 'zod';
import { defined } from '../defined.js';
import { NotesError } from '../notes/errors.js';
import type { NoteFilter } from '../notes/notes.js';

/** Arguments that several tools share, described in the fewest words. */
export const filePath = z.string().min(1).max(4096).describe('Path in the vault, such as "projects/plan.md"');
export const ifMatch = z
  .string()
  .regex(/^[0-9a-f]{64}$/i, 'must be the 64 hex digits of a hash that vault_read gave')
  .optional()
  .describe('Hash from vault_read; refused if the note has changed since');
export const folder = z.string().max(4096).optional().describe('Only in this folder and below');
export const since = z.string().max(40).optional().describe('Changed since this date or time, such as 2026-07-28');

/** Which notes; the filters of vault_list and vault_search. */
export const filters = {
  folder,
  tag: z.string().max(200).optional().describe('a also finds a/b'),
  status: z.string().max(100).optional().describe('Active, Pending, Paused, Done, or as the notes write it'),
  where: z
    .record(z.string().min(1).max(200), z.union([z.string().max(500), z.number(), z.boolean(), z.null()]))
    .optional()
    .describe('Frontmatter properties, such as {"owner": "ana"}; "*" matches any value'),
};

/** What several tools answer. */
export const hashOut = z.string().describe('Pass as if_match to change exactly this version');
export const problemOut = z.string().optional();

interface Filters {
  readonly folder?: string | undefined;
  readonly domain?: string | undefined;
  readonly tag?: string | undefined;
  readonly status?: string | undefined;
  readonly where?: NoteFilter['where'] | undefined;
  readonly modified_since?: string | undefined;
}

/** Returns the filter that these arguments ask for. Throws NotesError bad_argument. */
export function noteFilter({ folder, domain, tag, status, where, modified_since }: Filters): NoteFilter {
  return defined({ folder, domain, tag, status, where, modifiedSinceMs: parseTime(modified_since, 'modified_since') });
}

const dateAndTime = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * Returns an ISO 8601 date or time as milliseconds since the epoch, in UTC unless it names a zone, as the times in answers
 * are; undefined for undefined. Throws NotesError bad_argument.
 */
export function parseTime(text: string | undefined, argument: string): number | undefined {
  if (text === undefined) return undefined;
  const [, date = '', time = '00:00', zone = 'Z'] = dateAndTime.exec(text.trim()) ?? [];
  const ms = isDate(date) ? Date.parse(`${date}T${time}${zone}`) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new NotesError(
    'bad_argument',
    `${argument} must be an ISO date or time, such as 2026-07-28 or 2026-07-28T09:30Z.`,
  );
}

/** Returns a day as `YYYY-MM-DD`; undefined for undefined. Throws NotesError bad_argument. */
export function parseDate(text: string | undefined, argument: string): string | undefined {
  if (text === undefined || isDate(text.trim())) return text?.trim();
  throw new NotesError('bad_argument', `${argument} must be a date such as 2026-07-28.`);
}

/** JavaScript takes the 30th of February for the 2nd of March. */
function isDate(text: string): boolean {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
