import * as z from 'zod';
import { defined } from '../../defined.js';
import { oneLine } from '../../foreign-text.js';
import { count } from '../../words.js';
import * as shared from '../arguments.js';
import { pathLine } from '../text.js';
import { defineTool } from '../tool.js';

const shown = 50;

export const vaultMove = defineTool({
  name: 'vault_move',
  title: 'Move or rename',
  description:
    'Move or rename a note, file or folder. Links in all notes are updated, so that they keep their targets.',
  effect: 'adds',
  idempotent: false,
  input: z.object({
    file_path: shared.filePath,
    new_path: z.string().min(1).max(4096).describe('A path where nothing exists yet; a folder ends in /'),
    if_match: shared.ifMatch,
  }),
  output: z.object({
    from: z.string(),
    to: z.string(),
    files: z.number().describe('Files that moved'),
    rewritten: z.array(z.object({ path: z.string(), links: z.number() })).describe(`At most ${shown}`),
    total_rewritten: z.number(),
    failed: z
      .array(z.object({ path: z.string(), reason: z.string() }))
      .describe(`At most ${shown} notes that still link to the old path`),
    total_failed: z.number(),
  }),
  async run({ file_path, new_path, if_match }, { notes }) {
    const moved = await notes.move({ from: file_path, to: new_path, ...defined({ ifMatch: if_match }) });
    const { from, to, files, totalRewritten, totalFailed } = moved;
    const rewritten = moved.rewritten.slice(0, shown).map(({ path, links }) => ({ path, links }));
    const failed = moved.failed.slice(0, shown).map(({ path, reason }) => ({ path, reason: oneLine(reason) }));
    const lines = [
      `Moved ${pathLine(from)} to ${pathLine(to)}${files === 1 ? '' : ` (${count(files, 'file')})`}`,
      ...rewritten.map(({ path, links }) => `- ${pathLine(path)}: ${count(links, 'link')} rewritten`),
      ...more(totalRewritten - rewritten.length, 'rewritten'),
      ...failed.map(({ path, reason }) => `- ${pathLine(path)}: links NOT rewritten: ${reason}`),
      ...more(totalFailed - failed.length, 'NOT rewritten'),
    ];
    return {
      data: { from, to, files, rewritten, total_rewritten: totalRewritten, failed, total_failed: totalFailed },
      text: lines.join('\n'),
      changed: [from, to],
    };
  },
});

function more(amount: number, what: string): string[] {
  return amount > 0 ? [`- ${count(amount, 'more file')} ${what}`] : [];
}
