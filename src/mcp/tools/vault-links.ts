import * as z from 'zod';
import * as shared from '../arguments.js';
import { count, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultLinks = defineTool({
  name: 'vault_links',
  title: 'Links of a note',
  description: 'Links from a note to files, with the broken ones, and links of other notes to it.',
  effect: 'reads',
  idempotent: true,
  input: z.object({
    file_path: shared.filePath,
    limit: z.int().min(1).max(1000).default(200).describe('Links at most, in each direction'),
  }),
  output: z.object({
    links: z.array(
      z.object({
        line: z.number(),
        target: z.string().describe('As written'),
        anchor: z.string(),
        path: z.string().optional().describe('Absent: the link is broken'),
      }),
    ),
    total_links: z.number(),
    backlinks: z.array(z.object({ path: z.string(), title: z.string(), line: z.number(), anchor: z.string() })),
    total_backlinks: z.number(),
  }),
  async run({ file_path, limit }, { vault }) {
    const [outgoing, incoming] = await Promise.all([vault.outgoingLinks(file_path), vault.backlinks(file_path)]);
    const links = outgoing.slice(0, limit).map(({ line, target, anchor, path }) => {
      return { line, target, anchor, ...(path === undefined ? {} : { path }) };
    });
    const backlinks = incoming.slice(0, limit).map(({ path, title, line, anchor }) => {
      return { path, title: oneLine(title), line, anchor };
    });
    const text = [
      `${count(outgoing.length, 'link')} from it:`,
      ...links.map(({ line, target, anchor, path }) => {
        const place = path === undefined ? `${oneLine(target)} (broken)` : oneLine(path, 4096);
        return `- line ${line}: ${place}${oneLine(anchor)}`;
      }),
      `${count(incoming.length, 'link')} to it:`,
      ...backlinks.map(({ path, title, line, anchor }) => {
        return `- ${oneLine(path, 4096)} line ${line}: ${title}${anchor === '' ? '' : ` (to ${oneLine(anchor)})`}`;
      }),
    ].join('\n');
    return {
      data: { links, total_links: outgoing.length, backlinks, total_backlinks: incoming.length },
      text,
    };
  },
});
