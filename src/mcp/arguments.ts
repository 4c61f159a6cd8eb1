import * as z from 'zod';
import { VaultError } from '../vault/errors.js';

/** Arguments that several tools share, described in the fewest words. */
export const filePath = z
  .string()
  .min(1)
  .max(4096)
  .describe('Path of the note in the vault, such as "projects/plan.md"');
export const ifMatch = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be the 64 hex digits of a hash that vault_read gave')
  .optional()
  .describe('Hash from vault_read: refuse if the note has changed since');
export const folder = z.string().max(4096).optional().describe('Only notes below this folder');
export const tag = z.string().max(200).optional().describe('Only notes with this tag');
export const since = z.string().max(40).optional().describe('Only notes changed since this ISO date or time');
export const status = z.enum(['Active', 'Pending', 'Paused', 'Done']);

/** What several tools answer. */
export const hashOut = z.string().describe('Pass as if_match to change exactly this version');

/** Returns an ISO date or time as milliseconds since the epoch, undefined for undefined. Throws VaultError bad_argument. */
export function parseTime(text: string | undefined, argument: string): number | undefined {
  const ms = text === undefined ? undefined : Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new VaultError('bad_argument', `${argument} must be an ISO date or time, such as 2026-07-28.`);
}
