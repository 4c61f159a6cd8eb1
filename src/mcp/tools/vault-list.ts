import * as z from 'zod';
import { defined } from '../../defined.js';
import { oneLine } from '../../foreign-text.js';
import type { ListQuery, NoteSummary } from '../../notes/notes.js';
import * as shared from '../arguments.js';
import { explainNoResults } from '../explain-no-results.js';
import { noteLine, statusOf } from '../note-lines.js';
import { countHead, isoTime, listLine } from '../text.js';
import { defineTool } from '../tool.js';

const shownTags = 10;
const shownAliases = 5;
const shownFolders = 50;

export const vaultList = defineTool({
  name: 'vault_list',
  title: 'List notes',
  description:
    'List folders and notes with title and [Status], in path order. Filters can be combined. Without filters, every note is listed.',
  effect: 'reads',
  idempotent: true,
  overAllNotes: true,
  input: z.object({
    domain: z.string().max(4096).optional().describe('Top-level folder, or "root" for the notes in no folder'),
    ...shared.filters,
    modified_since: shared.since,
    limit: z.int().min(1).max(1000).default(50),
    cursor: z.string().max(8192).optional().describe('next_cursor of the previous page'),
  }),
  output: z.object({
    folders: z
      .array(z.object({ path: z.string(), notes: z.number() }))
      .optional()
      .describe('Direct sub-folders, and how many notes match in and below them'),
    notes: z.array(
      z.object({
        path: z.string(),
        title: z.string(),
        domain: z.string(),
        status: z.string().optional(),
        created: z.string().optional(),
        updated: z.string().optional(),
        aliases: z.array(z.string()).optional(),
        tags: z.array(z.string()),
        modified: z.string(),
        size: z.number().describe('Bytes'),
        problem: z.string().optional(),
      }),
    ),
    total: z.number().describe('Notes that match, on all pages'),
    next_cursor: z.string().optional(),
  }),
  async run(args, { notes, signal }) {
    const query: ListQuery = { ...shared.noteFilter(args), limit: args.limit, ...defined({ cursor: args.cursor }) };
    const page = await notes.list(query, signal);
    const { total, nextCursor } = page;
    const folders = page.folders.slice(0, shownFolders).map(({ path, notes: amount }) => ({ path, notes: amount }));
    const data = {
      ...(folders.length === 0 ? {} : { folders }),
      notes: page.notes.map(listedNote),
      total,
      ...defined({ next_cursor: nextCursor }),
    };
    if (total === 0) return { data, text: await explainNoResults(query, notes) };
    const places = page.folders.map(({ path, notes: amount }) => `${oneLine(path, 200)}/ (${amount})`);
    const text = [
      ...(places.length === 0 ? [] : [`Folders: ${listLine(places, places.length, shownFolders)}`]),
      countHead(total, page.notes.length, 'note'),
      ...page.notes.map((note) => `- ${noteLine(note)}${about(note)}`),
      ...(nextCursor === undefined
        ? []
        : [`There are more notes: use a filter, or call again with cursor "${nextCursor}".`]),
    ];
    return { data, text: text.join('\n') };
  },
});

function listedNote(note: NoteSummary) {
  const { path, title, domain, tags, modifiedMs, size, problem } = note;
  return {
    path,
    title: oneLine(title, 200),
    domain,
    ...defined({ status: statusOf(note), created: short(note.created), updated: short(note.updated) }),
    ...(note.aliases.length === 0
      ? {}
      : { aliases: note.aliases.slice(0, shownAliases).map((alias) => oneLine(alias, 100)) }),
    tags: tags.slice(0, shownTags).map((tag) => oneLine(tag, 100)),
    modified: isoTime(modifiedMs),
    size,
    ...defined({ problem }),
  };
}

/** What the frontmatter says of a note's other names and its dates. */
function about({ aliases, created, updated }: NoteSummary): string {
  const parts = [
    aliases.length === 0 ? '' : `also ${listLine(aliases, aliases.length, shownAliases)}`,
    created === undefined ? '' : `created ${short(created)}`,
    updated === undefined ? '' : `updated ${short(updated)}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
}

function short(date: string | undefined): string | undefined {
  return date === undefined ? undefined : oneLine(date, 50);
}
