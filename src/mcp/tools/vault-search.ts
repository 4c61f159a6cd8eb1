import * as z from 'zod';
import type { IndexStatus } from '../../search/search.js';
import * as shared from '../arguments.js';
import { count, defined, numberLines, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultSearch = defineTool({
  name: 'vault_search',
  title: 'Search notes',
  description: 'Find notes by words, best first, with the passage that matches. Accents and plurals do not matter.',
  effect: 'reads',
  idempotent: true,
  input: z.object({
    query: z.string().min(1).max(2000),
    top_k: z.int().min(1).max(20).default(10).describe('Notes at most'),
    folder: shared.folder,
    tag: shared.tag,
    status: shared.status.optional(),
  }),
  output: z.object({
    hits: z.array(
      z.object({
        path: z.string(),
        title: z.string(),
        section: z.string(),
        score: z.number(),
        line: z.number(),
        end_line: z.number(),
        text: z.string(),
      }),
    ),
    complete: z.boolean().describe('False while the index is being built'),
    indexed: z.number(),
    files: z.number(),
    by_meaning: z.boolean().optional().describe('False when only words counted, for want of embeddings'),
  }),
  async run(args, { search }) {
    const filters = defined({ folder: args.folder, tag: args.tag?.replace(/^#/, ''), status: args.status });
    const { hits, status, isByMeaning } = await search.search({ text: args.query, limit: args.top_k, ...filters });
    const data = {
      hits: hits.map(({ path, title, section, score, line, endLine, text }) => ({
        path,
        title: oneLine(title),
        section: oneLine(section),
        score: Math.round(score * 1000) / 1000,
        line,
        end_line: endLine,
        text,
      })),
      complete: status.ready,
      indexed: status.indexed,
      files: status.files,
      ...defined({ by_meaning: isByMeaning }),
    };
    const passages = data.hits.map((hit, index) => {
      const place = `${oneLine(hit.path, 4096)}${hit.section === '' ? '' : ` › ${hit.section}`}`;
      return `${index + 1}. ${place} (score ${hit.score})\n${numberLines(hit.text, hit.line)}`;
    });
    const head = hits.length === 0 ? 'No note matches.' : `${count(hits.length, 'note')}:`;
    return {
      data,
      text: [head, ...progress(status), ...(isByMeaning === false ? [wordsAlone] : []), ...passages].join('\n\n'),
    };
  },
});

const wordsAlone = 'Found by words alone: no embedding of the query, or none of the notes yet.';

function progress({ ready, indexed, files }: IndexStatus): string[] {
  return ready ? [] : [`Indexing in progress: ${indexed} of ${count(files, 'note')} searched so far.`];
}
