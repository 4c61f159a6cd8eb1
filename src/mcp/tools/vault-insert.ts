import * as z from 'zod';
import * as shared from '../arguments.js';
import { indexChange } from '../index-change.js';
import { defined, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultInsert = defineTool({
  name: 'vault_insert',
  title: 'Insert into a note',
  description: 'Add lines to a note, under a heading or at its start or end, without touching the rest.',
  effect: 'adds',
  idempotent: false,
  input: z.object({
    file_path: shared.filePath,
    text: z.string().min(1),
    heading: z.string().max(1000).optional().describe('Exactly as it stands; "Parent#Child" where it occurs twice'),
    position: z.enum(['start', 'end']).default('end').describe('Of the text under the heading, or of the note'),
    if_match: shared.ifMatch,
  }),
  output: z.object({ path: z.string(), line: z.number().describe('Where the text begins'), hash: shared.hashOut }),
  async run(args, context) {
    const options = { position: args.position, ...defined({ heading: args.heading, ifMatch: args.if_match }) };
    const { path, hash, line } = await context.vault.insert(args.file_path, args.text, options);
    await indexChange(context, path);
    return { data: { path, line, hash }, text: `Inserted into ${oneLine(path, 4096)} at line ${line}\nHash: ${hash}` };
  },
});
