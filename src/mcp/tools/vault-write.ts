import * as z from 'zod';
import * as shared from '../arguments.js';
import { indexChange } from '../index-change.js';
import { defined, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultWrite = defineTool({
  name: 'vault_write',
  title: 'Write a note',
  description:
    'Create a Markdown note (.md), or replace all of an existing one: that needs if_match (preferred) or overwrite. To change a part, use vault_edit.',
  effect: 'replaces',
  idempotent: true,
  input: z.object({
    file_path: shared.filePath,
    content: z.string(),
    if_match: shared.ifMatch,
    overwrite: z.boolean().optional().describe('Replace whatever is there'),
  }),
  output: z.object({ path: z.string(), created: z.boolean(), hash: shared.hashOut }),
  async run(args, context) {
    const options = defined({ ifMatch: args.if_match, overwrite: args.overwrite });
    const { path, created, hash } = await context.vault.write(args.file_path, args.content, options);
    await indexChange(context, path);
    const text = `${created ? 'Created' : 'Replaced'} ${oneLine(path, 4096)}\nHash: ${hash}`;
    return { data: { path, created, hash }, text };
  },
});
