import * as z from 'zod';
import { hasTag } from '../../search/rank.js';
import { VaultError } from '../../vault/errors.js';
import type { NoteSummary } from '../../vault/vault.js';
import * as shared from '../arguments.js';
import { takePage } from '../pages.js';
import { count, isoTime, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultList = defineTool({
  name: 'vault_list',
  title: 'List notes',
  description: 'List notes with title and [Status], in path order. Empty filters match every note.',
  effect: 'reads',
  idempotent: true,
  input: z.object({
    domain: z.string().max(4096).default('').describe('Top-level folder, or "root" for the notes beside the folders'),
    status: z.string().max(40).default('').describe('Active, Pending, Paused or Done'),
    folder: shared.folder,
    tag: shared.tag,
    modified_since: shared.since,
    limit: z.int().min(1).max(1000).default(200),
    cursor: z.string().max(8192).optional().describe('next_cursor of the page before'),
  }),
  output: z.object({
    notes: z.array(
      z.object({
        path: z.string(),
        title: z.string(),
        domain: z.string(),
        status: shared.status.optional(),
        tags: z.array(z.string()),
        modified: z.string(),
        size: z.number().describe('Bytes'),
        problem: z.string().optional().describe('Why it cannot be read'),
      }),
    ),
    total: z.number().describe('Notes that match, on all pages'),
    next_cursor: z.string().optional(),
  }),
  async run(args, { vault }) {
    const matching = (await vault.catalogue()).filter(noteFilter(args));
    const { items, nextCursor } = takePage(matching, ({ path }) => path, args.cursor, args.limit);
    const notes = items.map(({ path, size, modifiedMs, metadata: { title, domain, status, tags }, problem }) => ({
      path,
      title: oneLine(title),
      domain,
      ...(status === undefined ? {} : { status }),
      tags: [...tags],
      modified: isoTime(modifiedMs),
      size,
      ...(problem === undefined ? {} : { problem }),
    }));
    const lines = notes.map(({ path, title, status, problem }) => {
      const marks = [status, problem].filter((mark) => mark !== undefined).map((mark) => ` [${mark}]`);
      return `- ${oneLine(path, 4096)}: ${title}${marks.join('')}`;
    });
    const total = matching.length;
    const head =
      total === 0
        ? 'No note matches.'
        : `${count(total, 'note')}${lines.length < total ? `, ${lines.length} here` : ''}:`;
    const more = nextCursor === undefined ? [] : [`More follow: call again with cursor "${nextCursor}".`];
    return {
      data: { notes, total, ...(nextCursor === undefined ? {} : { next_cursor: nextCursor }) },
      text: [head, ...lines, ...more].join('\n'),
    };
  },
});

interface Filters {
  readonly domain: string;
  readonly status: string;
  readonly folder?: string | undefined;
  readonly tag?: string | undefined;
  readonly modified_since?: string | undefined;
}

function noteFilter({ domain, status, folder, tag, modified_since }: Filters): (note: NoteSummary) => boolean {
  const sinceMs = shared.parseTime(modified_since, 'modified_since') ?? 0;
  const wantedStatus = parseStatus(status);
  const wantedDomain = domain.normalize('NFC');
  const prefix = folderPrefix(folder ?? '');
  return ({ path, modifiedMs, metadata }) =>
    modifiedMs >= sinceMs &&
    (wantedDomain === '' || metadata.domain.normalize('NFC') === wantedDomain) &&
    path.normalize('NFC').startsWith(prefix) &&
    (wantedStatus === undefined || metadata.status === wantedStatus) &&
    (tag === undefined || hasTag(metadata.tags, tag));
}

function parseStatus(text: string): NoteSummary['metadata']['status'] {
  if (text.trim() === '') return undefined;
  const found = shared.status.options.find((status) => status.toLowerCase() === text.trim().toLowerCase());
  if (found !== undefined) return found;
  throw new VaultError('bad_argument', `status must be one of ${shared.status.options.join(', ')}.`);
}

function folderPrefix(folder: string): string {
  const trimmed = folder.normalize('NFC').replace(/^(?:\.?\/)+|\/+$/g, '');
  return trimmed === '' || trimmed === '.' ? '' : `${trimmed}/`;
}
