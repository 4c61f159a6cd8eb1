import * as z from 'zod';
import { oneLine } from '../../foreign-text.js';
import * as shared from '../arguments.js';
import { countHead, pathLine } from '../text.js';
import { defineTool } from '../tool.js';

export const vaultLinks = defineTool({
  name: 'vault_links',
  title: 'Links of a note',
  description: 'List the links from a note, with broken ones marked, and the links from other notes to it.',
  effect: 'reads',
  idempotent: true,
  overAllNotes: true,
  input: z.object({
    file_path: shared.filePath,
    limit: z.int().min(1).max(1000).default(50).describe('Links in each direction'),
  }),
  output: z.object({
    links: z.array(
      z.object({
        line: z.number(),
        target: z.string().describe('As written'),
        anchor: z.string(),
        path: z.string().optional().describe('Absent if the link is broken'),
      }),
    ),
    total_links: z.number(),
    backlinks: z.array(z.object({ path: z.string(), title: z.string(), line: z.number(), anchor: z.string() })),
    total_backlinks: z.number(),
  }),
  async run({ file_path, limit }, { notes, signal }) {
    const found = await notes.links({ path: file_path, limit }, signal);
    const { totalLinks, totalBacklinks } = found;
    const links = found.links.map(({ line, target, anchor, path }) => {
      const written = { line, target: oneLine(target, 500), anchor: oneLine(anchor, 200) };
      return path === undefined ? written : { ...written, path };
    });
    const backlinks = found.backlinks.map(({ path, title, line, anchor }) => {
      return { path, title: oneLine(title, 200), line, anchor: oneLine(anchor, 200) };
    });
    const text = [
      countHead(totalLinks, links.length, 'link').replace(/:$/, ' from it:'),
      ...found.links.map(({ line, target, anchor, path }) => {
        const place = path === undefined ? `${oneLine(target, 500)} (broken)` : pathLine(path);
        return `- ${line === 0 ? '' : `line ${line}: `}${place}${oneLine(anchor, 200)}`;
      }),
      countHead(totalBacklinks, backlinks.length, 'link').replace(/:$/, ' to it:'),
      ...backlinks.map(({ path, title, line, anchor }) => {
        return `- ${pathLine(path)}${line === 0 ? '' : ` line ${line}`}: ${title}${anchor === '' ? '' : ` (to ${anchor})`}`;
      }),
    ];
    return {
      data: { links, total_links: totalLinks, backlinks, total_backlinks: totalBacklinks },
      text: text.join('\n'),
    };
  },
});
