import * as z from 'zod';
import type { Note } from '../../vault/vault.js';
import * as shared from '../arguments.js';
import { type Passage, selectPassage } from '../passage.js';
import { defined, isoTime, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

const defaultChars = 40_000;
const mostChars = 400_000;

export const vaultRead = defineTool({
  name: 'vault_read',
  title: 'Read a note',
  description:
    'Read a note: metadata and hash, then its text. Long notes are cut off; the answer says with which offset to go on.',
  effect: 'reads',
  idempotent: true,
  input: z.object({
    file_path: shared.filePath,
    section: z
      .string()
      .max(1000)
      .optional()
      .describe('Only the section under exactly this heading; "Parent#Child" where it occurs twice'),
    start_line: z.int().min(1).optional(),
    end_line: z.int().min(1).optional(),
    offset: z.int().min(0).default(0).describe('next_offset of the read before'),
    max_chars: z.int().min(100).max(mostChars).default(defaultChars),
  }),
  output: z.object({
    path: z.string(),
    title: z.string(),
    domain: z.string(),
    status: shared.status.optional(),
    created: z.string().optional(),
    updated: z.string().optional(),
    tags: z.array(z.string()),
    sections: z.array(z.string()),
    cross_references: z.array(z.string()),
    other: z.record(z.string(), z.string()),
    modified: z.string(),
    hash: shared.hashOut,
    first_line: z.number(),
    last_line: z.number(),
    total_lines: z.number(),
    next_offset: z.number().optional().describe('Where to go on; absent when nothing is left'),
    text: z.string(),
  }),
  async run(args, { vault }) {
    const note = await vault.read(args.file_path);
    const passage = selectPassage(note, {
      offset: args.offset,
      maxChars: args.max_chars,
      ...defined({ section: args.section, startLine: args.start_line, endLine: args.end_line }),
    });
    const { metadata } = note;
    const data = {
      path: note.path,
      title: metadata.title,
      domain: metadata.domain,
      ...defined({ status: metadata.status, created: metadata.created, updated: metadata.updated }),
      tags: [...metadata.tags],
      sections: [...metadata.sections],
      cross_references: [...metadata.crossReferences],
      other: { ...metadata.other },
      modified: isoTime(note.modifiedMs),
      hash: note.hash,
      first_line: passage.firstLine,
      last_line: passage.lastLine,
      total_lines: passage.totalLines,
      ...defined({ next_offset: passage.nextOffset }),
      text: passage.text,
    };
    return { data, text: `${header(note, passage)}\n---\n${passage.text}` };
  },
});

/** The note's text follows the header and ends the answer, so that nothing in it can pass for the header. */
function header({ path, hash, modifiedMs, metadata }: Note, passage: Passage): string {
  const { firstLine, lastLine, totalLines, nextOffset } = passage;
  const cut = nextOffset === undefined ? '' : `; cut off here, go on with offset ${nextOffset}`;
  const list = (values: readonly string[]) => oneLine(values.map((value) => oneLine(value)).join(', '), 2000);
  const other = Object.entries(metadata.other).map(([key, value]) => `${key}: ${value}`);
  const rows: [string, string | undefined][] = [
    ['Title', oneLine(metadata.title)],
    ['Path', oneLine(path, 4096)],
    ['Domain', oneLine(metadata.domain)],
    ['Status', metadata.status],
    ['Created', metadata.created],
    ['Updated', metadata.updated],
    ['Tags', list(metadata.tags)],
    ['Sections', list(metadata.sections)],
    ['Cross-references', list(metadata.crossReferences)],
    ['Other', list(other)],
    ['Modified', isoTime(modifiedMs)],
    ['Hash', hash],
    ['Lines', `${firstLine}-${lastLine} of ${totalLines}${cut}`],
  ];
  const filled = rows.filter(([, value]) => value !== undefined && value !== '');
  return filled.map(([name, value]) => `${name}: ${oneLine(value ?? '', 4096)}`).join('\n');
}
