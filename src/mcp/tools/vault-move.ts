import * as z from 'zod';
import * as shared from '../arguments.js';
import { indexChange } from '../index-change.js';
import { count, defined, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultMove = defineTool({
  name: 'vault_move',
  title: 'Move or rename a note',
  description: 'Move or rename a note; links in all notes are rewritten to go on leading where they led.',
  effect: 'adds',
  idempotent: false,
  input: z.object({
    file_path: shared.filePath,
    new_path: z.string().min(1).max(4096).describe('Where no note is yet'),
    if_match: shared.ifMatch,
  }),
  output: z.object({
    from: z.string(),
    to: z.string(),
    rewritten: z.array(z.object({ path: z.string(), links: z.number() })),
    failed: z
      .array(z.object({ path: z.string(), reason: z.string() }))
      .describe('Notes that still link to the old path'),
  }),
  async run(args, context) {
    const moved = await context.vault.move(args.file_path, args.new_path, defined({ ifMatch: args.if_match }));
    const { from, to } = moved;
    const rewritten = moved.rewritten.map(({ path, links }) => ({ path, links }));
    const failed = moved.failed.map(({ path, reason }) => ({ path, reason }));
    await Promise.all([from, to, ...rewritten.map(({ path }) => path)].map((path) => indexChange(context, path)));
    const lines = [
      `Moved ${oneLine(from, 4096)} to ${oneLine(to, 4096)}`,
      ...rewritten.map(({ path, links }) => `- ${oneLine(path, 4096)}: ${count(links, 'link')} rewritten`),
      ...failed.map(({ path, reason }) => `- ${oneLine(path, 4096)}: links NOT rewritten: ${oneLine(reason)}`),
    ];
    return { data: { from, to, rewritten, failed }, text: lines.join('\n') };
  },
});
