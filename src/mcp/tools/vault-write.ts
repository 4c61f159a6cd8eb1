import * as z from 'zod';
import { defined } from '../../defined.js';
import * as shared from '../arguments.js';
import { changeText } from '../change-text.js';
import { defineTool } from '../tool.js';

export const vaultWrite = defineTool({
  name: 'vault_write',
  title: 'Write a note',
  description:
    'Create a Markdown note (.md), or replace an existing note as a whole. Replacing needs if_match (preferred) or overwrite. To change only a part, use vault_edit or vault_insert.',
  effect: 'replaces',
  idempotent: true,
  input: z.object({
    file_path: shared.filePath,
    content: z.string(),
    if_match: shared.ifMatch,
    overwrite: z.boolean().optional().describe('Replace an existing note'),
  }),
  output: z.object({ path: z.string(), created: z.boolean(), hash: shared.hashOut, problem: shared.problemOut }),
  async run({ file_path, content, if_match, overwrite }, { notes }) {
    const options = defined({ ifMatch: if_match, overwrite });
    const { path, created, hash, problem } = await notes.write({ path: file_path, content, ...options });
    return {
      data: { path, created, hash, ...defined({ problem }) },
      text: changeText(created ? 'Created' : 'Replaced', path, '', { hash, problem }),
      changed: [path],
    };
  },
});
