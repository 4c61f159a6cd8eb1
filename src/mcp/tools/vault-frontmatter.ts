import * as z from 'zod';
import type { FrontmatterValue } from '../../vault/edit-frontmatter.js';
import * as shared from '../arguments.js';
import { indexChange } from '../index-change.js';
import { defined, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultFrontmatter = defineTool({
  name: 'vault_frontmatter',
  title: 'Change frontmatter',
  description: 'Set or remove fields of the YAML frontmatter of a note; every other line stays as it is.',
  effect: 'replaces',
  idempotent: true,
  input: z.object({
    file_path: shared.filePath,
    set: z.record(z.string().min(1).max(200), z.unknown()).optional().describe('Fields and their new values'),
    remove: z.array(z.string().min(1).max(200)).max(100).optional().describe('Names of fields'),
    if_match: shared.ifMatch,
  }),
  output: z.object({ path: z.string(), hash: shared.hashOut }),
  async run(args, context) {
    // What comes out of JSON is a frontmatter value, and cannot be anything else.
    const set = args.set as Record<string, FrontmatterValue> | undefined;
    const change = defined({ set, remove: args.remove });
    const options = defined({ ifMatch: args.if_match });
    const { path, hash } = await context.vault.editFrontmatter(args.file_path, change, options);
    await indexChange(context, path);
    return { data: { path, hash }, text: `Changed the frontmatter of ${oneLine(path, 4096)}\nHash: ${hash}` };
  },
});
