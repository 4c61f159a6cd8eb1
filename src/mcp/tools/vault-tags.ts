import * as z from 'zod';
import { count, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultTags = defineTool({
  name: 'vault_tags',
  title: 'Tags of the vault',
  description: 'Every tag with the number of notes that have it, most used first.',
  effect: 'reads',
  idempotent: true,
  input: z.object({ limit: z.int().min(1).max(5000).default(500) }),
  output: z.object({ tags: z.array(z.object({ tag: z.string(), notes: z.number() })), total: z.number() }),
  async run({ limit }, { vault }) {
    const all = await vault.tags();
    const tags = all.slice(0, limit).map(({ tag, notes }) => ({ tag, notes }));
    const text = [`${count(all.length, 'tag')}:`, ...tags.map(({ tag, notes }) => `- #${oneLine(tag)}: ${notes}`)];
    return { data: { tags, total: all.length }, text: text.join('\n') };
  },
});
