import * as z from 'zod';

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
export const status = z.enum(['Active', 'Pending', 'Paused', 'Done']);

/** The same words for what tools answer. */
export const pathOut = z.string();
export const hashOut = z.string().describe('Pass as if_match to change exactly this version');
