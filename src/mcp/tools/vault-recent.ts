import * as z from 'zod';
import * as shared from '../arguments.js';
import { count, defined, isoTime, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultRecent = defineTool({
  name: 'vault_recent',
  title: 'Recent changes',
  description: 'The notes changed last, newest first.',
  effect: 'reads',
  idempotent: true,
  input: z.object({ limit: z.int().min(1).max(200).default(20), since: shared.since }),
  output: z.object({
    notes: z.array(z.object({ path: z.string(), title: z.string(), modified: z.string() })),
  }),
  async run({ limit, since }, { vault }) {
    const options = { limit, ...defined({ sinceMs: shared.parseTime(since, 'since') }) };
    const notes = (await vault.recent(options)).map(({ path, modifiedMs, metadata }) => {
      return { path, title: oneLine(metadata.title), modified: isoTime(modifiedMs) };
    });
    const lines = notes.map(({ path, title, modified }) => `- ${modified} ${oneLine(path, 4096)}: ${title}`);
    return { data: { notes }, text: [`${count(notes.length, 'note')}:`, ...lines].join('\n') };
  },
});
