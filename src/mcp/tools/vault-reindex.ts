import * as z from 'zod';
import { count } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultReindex = defineTool({
  name: 'vault_reindex',
  title: 'Rebuild the search index',
  description: 'Rebuild the search index from disk. Rarely needed: changes are indexed by themselves.',
  effect: 'reads',
  idempotent: true,
  input: z.object({}),
  output: z.object({
    in_progress: z.boolean().describe('True: the first index is still being built, nothing was started'),
    files: z.number(),
    chunks: z.number(),
    seconds: z.number().optional(),
  }),
  async run(_args, { search }) {
    const done = await search.reindex();
    if (done === undefined) {
      const { indexed, files, chunks } = search.status();
      return {
        data: { in_progress: true, files: indexed, chunks },
        text: `Indexing in progress: ${indexed} of ${count(files, 'note')} so far.`,
      };
    }
    const seconds = Math.round(done.seconds * 100) / 100;
    return {
      data: { in_progress: false, files: done.files, chunks: done.chunks, seconds },
      text: `Reindexed ${count(done.files, 'file')}, ${count(done.chunks, 'chunk')}, in ${seconds} s.`,
    };
  },
});
