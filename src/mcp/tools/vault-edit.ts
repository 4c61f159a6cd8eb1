import * as z from 'zod';
import * as shared from '../arguments.js';
import { indexChange } from '../index-change.js';
import { count, defined, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultEdit = defineTool({
  name: 'vault_edit',
  title: 'Edit a note',
  description: 'Replace one exact passage of a note. old_text must occur exactly once, or expected_replacements times.',
  effect: 'replaces',
  idempotent: false,
  input: z.object({
    file_path: shared.filePath,
    old_text: z.string().min(1).describe('Exact text, with its line breaks and spaces'),
    new_text: z.string(),
    if_match: shared.ifMatch,
    expected_replacements: z.int().min(1).max(100_000).optional().describe('Replace all of this many occurrences'),
  }),
  output: z.object({ path: z.string(), replacements: z.number(), hash: shared.hashOut }),
  async run(args, context) {
    const options = defined({ ifMatch: args.if_match, expectedReplacements: args.expected_replacements });
    const { path, hash, replacements } = await context.vault.edit(
      args.file_path,
      args.old_text,
      args.new_text,
      options,
    );
    await indexChange(context, path);
    const text = `Edited ${oneLine(path, 4096)}: ${count(replacements, 'replacement')}\nHash: ${hash}`;
    return { data: { path, replacements, hash }, text };
  },
});
