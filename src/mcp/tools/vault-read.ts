import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { defined } from '../../defined.js';
import { NotesError } from '../../notes/errors.js';
import type { ReadQuery, ReadResult } from '../../notes/notes.js';
import * as shared from '../arguments.js';
import { type Detail, type FileAnswer, fileAnswer, fileOut } from '../read-answer.js';
import { pathLine } from '../text.js';
import { defineTool } from '../tool.js';

const defaultChars = 20_000;
/** For all of several files together. */
const defaultCharsOfSeveral = 40_000;
const mostChars = 400_000;
const mostPaths = 20;
/** Of all images in one answer; a single one is smaller, or refused. */
const mostImageBytes = 4_000_000;

export const vaultRead = defineTool({
  name: 'vault_read',
  title: 'Read notes',
  description:
    'Read a note: its metadata, hash and text. Also reads images, canvases, CSV and other text files. Long texts are cut; the answer gives the offset for the next part.',
  effect: 'reads',
  idempotent: true,
  input: z.object({
    file_path: shared.filePath.optional(),
    file_paths: z
      .array(shared.filePath)
      .min(1)
      .max(mostPaths)
      .optional()
      .describe('Several at once, instead of file_path'),
    section: z
      .string()
      .max(1000)
      .optional()
      .describe('Only the section under this exact heading ("Parent#Child" if it occurs twice), or only the block ^id'),
    outline: z.boolean().optional().describe('Only the headings with their lines'),
    start_line: z.int().min(1).optional(),
    end_line: z.int().min(1).optional(),
    offset: z.int().min(0).default(0).describe('next_offset of the previous read'),
    max_chars: z.int().min(100).max(mostChars).optional().describe(`Default: ${defaultChars}`),
  }),
  output: fileOut.extend({
    files: z
      .array(z.record(z.string(), z.unknown()))
      .optional()
      .describe('With file_paths: one such object for each file'),
  }),
  async run(args, { notes, signal }) {
    const paths = [...(args.file_path === undefined ? [] : [args.file_path]), ...(args.file_paths ?? [])];
    if (paths.length === 0) throw new NotesError('bad_argument', 'Give file_path, or file_paths for several.');
    const detail: Detail = args.outline === true ? 'outline' : isPart(args) ? 'part' : 'whole';
    const results = await notes.read(readQuery(args, paths), signal);
    const [first] = results;
    if (first?.kind === 'failure' && results.length === 1) throw new NotesError(first.code, first.message);
    const answers = withinBytes(results).map((result) => fileAnswer(result, detail));
    const images = answers.map(({ image }) => image).filter((image) => image !== undefined);
    const [only] = answers;
    if (args.file_paths === undefined && only !== undefined) return { data: only.data, text: only.text, more: images };
    return { data: { files: answers.map(({ data }) => data) }, text: joinFiles(answers), more: images };
  },
});

/** Leaves out the images that no longer fit into one answer. */
function withinBytes(results: readonly ReadResult[]): ReadResult[] {
  let left = mostImageBytes;
  return results.map((result) => {
    if (result.kind !== 'image') return result;
    left -= result.bytes.length;
    if (left >= 0) return result;
    const message = `${pathLine(result.path)} is left out, the images before it fill this answer: read it by itself.`;
    return { kind: 'failure', path: result.path, code: 'too_large', message };
  });
}

/** Nobody who wrote one of the notes can know the mark that parts them. */
function joinFiles(answers: readonly FileAnswer[]): string {
  const mark = randomBytes(4).toString('hex');
  const parts = answers.map(({ text }, index) => `== ${mark}: file ${index + 1} of ${answers.length} ==\n${text}`);
  return parts.join('\n\n');
}

interface Wanted {
  readonly section?: string | undefined;
  readonly outline?: boolean | undefined;
  readonly start_line?: number | undefined;
  readonly end_line?: number | undefined;
  readonly offset: number;
  readonly max_chars?: number | undefined;
}

function isPart({ section, start_line, end_line, offset }: Wanted): boolean {
  return section !== undefined || start_line !== undefined || end_line !== undefined || offset > 0;
}

function readQuery({ section, outline, start_line, end_line, offset, max_chars }: Wanted, paths: string[]): ReadQuery {
  const wanted = max_chars ?? (paths.length === 1 ? defaultChars : defaultCharsOfSeveral / paths.length);
  const isBlock = section?.trim().startsWith('^') === true;
  return {
    paths,
    offset,
    maxChars: Math.floor(Math.min(wanted, mostChars / paths.length)),
    ...defined({
      section: isBlock ? undefined : section,
      block: isBlock ? section?.trim() : undefined,
      outline,
      startLine: start_line,
      endLine: end_line,
    }),
  };
}
