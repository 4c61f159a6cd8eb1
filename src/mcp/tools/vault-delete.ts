import * as z from 'zod';
import { defined } from '../../defined.js';
import * as shared from '../arguments.js';
import { pathLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultDelete = defineTool({
  name: 'vault_delete',
  title: 'Delete a note',
  description: 'Delete a note or file. It is moved to the folder .trash, which only the owner of the vault can open.',
  effect: 'replaces',
  idempotent: false,
  input: z.object({ file_path: shared.filePath, if_match: shared.ifMatch }),
  output: z.object({ path: z.string(), trash_path: z.string() }),
  async run({ file_path, if_match }, { notes }) {
    const { path, trashPath } = await notes.trash({ path: file_path, ...defined({ ifMatch: if_match }) });
    const text = `Deleted ${pathLine(path)}; it is kept as ${pathLine(trashPath)}`;
    return { data: { path, trash_path: trashPath }, text, changed: [path] };
  },
});
