import * as z from 'zod';
import { hasTag } from '../../search/rank.js';
import { VaultError } from '../../vault/errors.js';
import type { NoteStat } from '../../vault/vault.js';
import * as shared from '../arguments.js';
import type { NoteCatalogue, NoteSummary } from '../note-catalogue.js';
import { takePage } from '../pages.js';
import { count, isoTime, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultList = defineTool({
  name: 'vault_list',
  title: 'List notes',
  description: 'List notes with title and [Status], in path order. Empty filters match every note.',
  effect: 'reads',
  idempotent: true,
  input: z.strictObject({
    domain: z.string().max(4096).default('').describe('Top-level folder, or "root" for the notes beside the folders'),
    status: z.string().max(40).default('').describe('Active, Pending, Paused or Done'),
    folder: shared.folder,
    tag: shared.tag,
    modified_since: z.string().max(40).optional().describe('ISO date or time'),
    limit: z.int().min(1).max(1000).default(200),
    cursor: z.string().max(8192).optional().describe('next_cursor of the page before'),
  }),
  output: z.object({
    notes: z.array(
      z.object({
        path: shared.pathOut,
        title: z.string(),
        domain: z.string(),
        status: shared.status.optional(),
        tags: z.array(z.string()),
        modified: z.string(),
        size: z.number().describe('Bytes'),
      }),
    ),
    next_cursor: z.string().optional(),
  }),
  async run(args, { catalogue }) {
    const stats = (await catalogue.stats()).filter(statFilter(args));
    const page = await pageOf(catalogue, stats, summaryFilter(args), args.cursor, args.limit);
    const notes = page.items.map(({ path, title, domain, status, tags, modifiedMs, size }) => ({
      path,
      title: oneLine(title),
      domain,
      ...(status === undefined ? {} : { status }),
      tags: [...tags],
      modified: isoTime(modifiedMs),
      size,
    }));
    const lines = notes.map((note) => `- ${oneLine(note.path, 4096)}: ${note.title}${statusMark(note.status)}`);
    const head = notes.length === 0 ? 'No notes match.' : `${count(notes.length, 'note')}:`;
    const more = page.nextCursor === undefined ? [] : [`More follow: call again with cursor "${page.nextCursor}".`];
    return {
      data: { notes, ...(page.nextCursor === undefined ? {} : { next_cursor: page.nextCursor }) },
      text: [head, ...lines, ...more].join('\n'),
    };
  },
});

type Status = z.output<typeof shared.status>;

/** ` [Active]`, or nothing. */
export function statusMark(status: string | undefined): string {
  return status === undefined ? '' : ` [${status}]`;
}

/** What only a read tells. */
function summaryFilter({ status, tag }: { status: string; tag?: string | undefined }) {
  const wanted = parseStatus(status);
  const wantedTag = tag?.replace(/^#/, '');
  return (note: NoteSummary): boolean =>
    (wanted === undefined || note.status === wanted) && (wantedTag === undefined || hasTag(note.tags, wantedTag));
}

function parseStatus(text: string): Status | undefined {
  if (text.trim() === '') return undefined;
  const found = shared.status.options.find((status) => status.toLowerCase() === text.trim().toLowerCase());
  if (found !== undefined) return found;
  throw new VaultError('bad_argument', `status must be one of ${shared.status.options.join(', ')}.`);
}

/** What a note's path and time decide. */
function statFilter(args: { domain: string; folder?: string | undefined; modified_since?: string | undefined }) {
  const sinceMs = args.modified_since === undefined ? undefined : Date.parse(args.modified_since);
  if (Number.isNaN(sinceMs)) {
    throw new VaultError('bad_argument', 'modified_since must be an ISO date or time, such as 2026-07-28.');
  }
  const domain = args.domain.normalize('NFC');
  const prefix = args.folder === undefined ? '' : folderPrefix(args.folder);
  return ({ path, modifiedMs }: NoteStat): boolean => {
    const normal = path.normalize('NFC');
    if (domain !== '' && domainOf(normal) !== domain) return false;
    return normal.startsWith(prefix) && (sinceMs === undefined || modifiedMs >= sinceMs);
  };
}

function folderPrefix(folder: string): string {
  const trimmed = folder.normalize('NFC').replace(/^\.?\/+|\/+$/g, '');
  return trimmed === '' || trimmed === '.' ? '' : `${trimmed}/`;
}

function domainOf(path: string): string {
  const slash = path.indexOf('/');
  return slash === -1 ? 'root' : path.slice(0, slash);
}

/** Reads pages on until one is full of notes that match. */
async function pageOf(
  catalogue: NoteCatalogue,
  stats: readonly NoteStat[],
  matches: (note: NoteSummary) => boolean,
  cursor: string | undefined,
  limit: number,
): Promise<{ items: NoteSummary[]; nextCursor: string | undefined }> {
  const items: NoteSummary[] = [];
  let from = cursor;
  for (;;) {
    const page = takePage(stats, ({ path }) => path, from, limit - items.length);
    const summaries = await catalogue.summaries(page.items);
    items.push(...summaries.filter(matches));
    if (page.nextCursor === undefined || items.length >= limit) return { items, nextCursor: page.nextCursor };
    from = page.nextCursor;
  }
}
