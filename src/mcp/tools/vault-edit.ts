import * as z from 'zod';
import { defined } from '../../defined.js';
import { count } from '../../words.js';
import * as shared from '../arguments.js';
import { changeText } from '../change-text.js';
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
    expected_replacements: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe('How many times old_text occurs; all are replaced'),
  }),
  output: z.object({ path: z.string(), replacements: z.number(), hash: shared.hashOut, problem: shared.problemOut }),
  async run({ file_path, old_text, new_text, if_match, expected_replacements }, { notes }) {
    const options = defined({ ifMatch: if_match, expectedReplacements: expected_replacements });
    const change = { path: file_path, oldText: old_text, newText: new_text, ...options };
    const { path, hash, replacements, problem } = await notes.edit(change);
    return {
      data: { path, replacements, hash, ...defined({ problem }) },
      text: changeText('Edited', path, `: ${count(replacements, 'replacement')}`, { hash, problem }),
      changed: [path],
    };
  },
});
