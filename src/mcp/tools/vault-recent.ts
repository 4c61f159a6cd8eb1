import * as z from 'zod';
import { defined } from '../../defined.js';
import { oneLine } from '../../foreign-text.js';
import { count } from '../../words.js';
import * as shared from '../arguments.js';
import { explainNoResults } from '../explain-no-results.js';
import { datedLine } from '../note-lines.js';
import { isoTime } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultRecent = defineTool({
  name: 'vault_recent',
  title: 'Recent changes',
  description: 'List the notes that changed last, newest first.',
  effect: 'reads',
  idempotent: true,
  overAllNotes: true,
  input: z.object({ limit: z.int().min(1).max(200).default(20), since: shared.since, folder: shared.folder }),
  output: z.object({
    notes: z.array(z.object({ path: z.string(), title: z.string(), modified: z.string() })),
  }),
  async run({ limit, since, folder }, { notes, signal }) {
    const query = { limit, ...defined({ sinceMs: shared.parseTime(since, 'since'), folder }) };
    const found = await notes.recent(query, signal);
    const data = found.map(({ path, title, modifiedMs }) => {
      return { path, title: oneLine(title, 200), modified: isoTime(modifiedMs) };
    });
    const lines = [`${count(found.length, 'note')}:`, ...found.map((note) => `- ${datedLine(note)}`)];
    const text = found.length === 0 ? await explainNoResults(defined({ folder }), notes) : lines.join('\n');
    return { data: { notes: data }, text };
  },
});
