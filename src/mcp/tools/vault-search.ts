import * as z from 'zod';
import { defined } from '../../defined.js';
import { cutText, oneLine } from '../../foreign-text.js';
import type { SearchHit } from '../../notes/notes.js';
import { count } from '../../words.js';
import * as shared from '../arguments.js';
import { explainNoResults } from '../explain-no-results.js';
import { numberLines, pathLine } from '../text.js';
import { defineTool } from '../tool.js';

const shownChars = 1500;

export const vaultSearch = defineTool({
  name: 'vault_search',
  title: 'Search notes',
  description:
    'Find notes by words and by meaning, best first, with the passage that matches. Use "exact phrase", -word and word*.',
  effect: 'reads',
  idempotent: true,
  overAllNotes: true,
  input: z.object({
    query: z.string().min(1).max(2000),
    top_k: z.int().min(1).max(20).default(10).describe('Number of passages'),
    per_note: z.int().min(1).max(5).default(1).describe('Passages of one note'),
    ...shared.filters,
  }),
  output: z.object({
    hits: z.array(
      z.object({
        path: z.string(),
        title: z.string(),
        section: z.string(),
        score: z.number(),
        by: z.string().describe('words, meaning or both'),
        line: z.number(),
        end_line: z.number(),
        text: z.string(),
      }),
    ),
    complete: z.boolean().describe('False while the index is being built'),
    indexed: z.number(),
    files: z.number(),
    by_meaning: z.boolean().optional().describe('False if only words counted'),
  }),
  async run(args, { notes, signal }) {
    const filter = shared.noteFilter(args);
    const query = { text: args.query, limit: args.top_k, perNote: args.per_note, ...filter };
    const { hits, status, isByMeaning } = await notes.search(query, signal);
    const data = {
      hits: hits.map(shownHit),
      complete: status.ready,
      indexed: status.indexed,
      files: status.files,
      ...defined({ by_meaning: isByMeaning }),
    };
    const head = hits.length > 0 ? `${count(hits.length, 'passage')}:` : await nothingFound(filter, notes);
    const blocks = [head, ...(isByMeaning === false ? [wordsAlone] : []), ...data.hits.map(block)];
    return { data, text: blocks.join('\n\n') };
  },
});

const wordsAlone = 'Found by words only: the meaning of the query or of the notes is not known.';

function shownHit({ path, title, section, score, by, line, endLine, text }: SearchHit) {
  return {
    path,
    title: oneLine(title, 200),
    section: oneLine(section),
    score: Math.round(score * 100) / 100,
    by,
    line,
    end_line: endLine,
    text: text.length > shownChars ? `${cutText(text, shownChars)}…` : text,
  };
}

function block(hit: ReturnType<typeof shownHit>, index: number): string {
  const place = `${pathLine(hit.path)}${hit.section === '' ? '' : ` › ${hit.section}`}`;
  const why = hit.by === 'meaning' ? ', by meaning' : '';
  return `${index + 1}. ${place} (score ${hit.score}${why})\n${numberLines(hit.text, hit.line)}`;
}

async function nothingFound(...[filter, notes]: Parameters<typeof explainNoResults>): Promise<string> {
  return `${await explainNoResults(filter, notes)}\nTry fewer or other words${Object.keys(filter).length === 0 ? '' : ', or fewer filters'}.`;
}
