import * as z from 'zod';
import { count } from '../../words.js';
import { defineTool } from '../tool.js';

export const vaultReindex = defineTool({
  name: 'vault_reindex',
  title: 'Rebuild the index',
  description: 'Read every note again. Rarely needed, because changes are noticed automatically.',
  effect: 'reads',
  idempotent: true,
  input: z.object({}),
  output: z.object({
    in_progress: z.boolean().describe('True if the first index is still being built'),
    files: z.number(),
    chunks: z.number(),
    seconds: z.number().optional(),
  }),
  async run(_args, { notes, signal }) {
    const done = await notes.reindex(signal);
    if (done === undefined) {
      const { indexed, files, chunks } = notes.status();
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
