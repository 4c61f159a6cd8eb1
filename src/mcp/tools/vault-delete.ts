import * as z from 'zod';
import * as shared from '../arguments.js';
import { indexChange } from '../index-change.js';
import { defined, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultDelete = defineTool({
  name: 'vault_delete',
  title: 'Delete a note',
  description: 'Delete a note: it goes to the folder .trash, where only the owner of the vault sees it.',
  effect: 'replaces',
  idempotent: false,
  input: z.object({ file_path: shared.filePath, if_match: shared.ifMatch }),
  output: z.object({ path: z.string(), trash_path: z.string() }),
  async run(args, context) {
    const { path, trashPath } = await context.vault.trash(args.file_path, defined({ ifMatch: args.if_match }));
    await indexChange(context, path);
    const text = `Deleted ${oneLine(path, 4096)}; it is kept as ${oneLine(trashPath, 4096)}`;
    return { data: { path, trash_path: trashPath }, text };
  },
});
