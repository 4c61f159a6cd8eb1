import * as z from 'zod';
import { defined } from '../../defined.js';
import { oneLine } from '../../foreign-text.js';
import type { Notes } from '../../notes/notes.js';
import * as shared from '../arguments.js';
import { explainNoResults } from '../explain-no-results.js';
import { countHead } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultTags = defineTool({
  name: 'vault_tags',
  title: 'Tags of the vault',
  description: 'List tags with the number of their notes, most used first.',
  effect: 'reads',
  idempotent: true,
  overAllNotes: true,
  input: z.object({ limit: z.int().min(1).max(5000).default(100), folder: shared.folder }),
  output: z.object({ tags: z.array(z.object({ tag: z.string(), notes: z.number() })), total: z.number() }),
  async run({ limit, folder }, { notes, signal }) {
    const found = await notes.tags({ limit, ...defined({ folder }) }, signal);
    const { total } = found;
    const tags = found.tags.map(({ tag, notes: amount }) => ({ tag: oneLine(tag, 200), notes: amount }));
    const lines = tags.map(({ tag, notes: amount }) => `- #${tag}: ${amount}`);
    const text =
      total === 0 ? await nothing(notes, folder) : [countHead(total, tags.length, 'tag'), ...lines].join('\n');
    return { data: { tags, total }, text };
  },
});

async function nothing(notes: Notes, folder: string | undefined): Promise<string> {
  const isEmpty = folder === undefined || (await notes.list({ folder, limit: 1 })).total > 0;
  return isEmpty ? 'No tags.' : explainNoResults({ folder }, notes);
}
