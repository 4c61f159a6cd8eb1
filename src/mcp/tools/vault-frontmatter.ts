import * as z from 'zod';
import { defined } from '../../defined.js';
import type { PropertyValue } from '../../notes/notes.js';
import * as shared from '../arguments.js';
import { changeText } from '../change-text.js';
import { defineTool } from '../tool.js';

export const vaultFrontmatter = defineTool({
  name: 'vault_frontmatter',
  title: 'Change frontmatter',
  description: 'Set or remove fields of the frontmatter of a note. Every other line stays unchanged.',
  effect: 'replaces',
  idempotent: true,
  input: z.object({
    file_path: shared.filePath,
    set: z.record(z.string().min(1).max(200), z.unknown()).optional().describe('Fields and their new values'),
    remove: z.array(z.string().min(1).max(200)).max(100).optional().describe('Names of fields'),
    if_match: shared.ifMatch,
  }),
  output: z.object({ path: z.string(), hash: shared.hashOut }),
  async run({ file_path, set, remove, if_match }, { notes }) {
    // What comes out of JSON is a property's value, and cannot be anything else.
    const fields = defined({ set: set as Record<string, PropertyValue> | undefined, remove, ifMatch: if_match });
    const { path, hash } = await notes.editFrontmatter({ path: file_path, ...fields });
    return {
      data: { path, hash },
      text: changeText('Changed the frontmatter of', path, '', { hash }),
      changed: [path],
    };
  },
});
