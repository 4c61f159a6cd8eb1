import * as z from 'zod';
import { defined } from '../../defined.js';
import { NotesError } from '../../notes/errors.js';
import * as shared from '../arguments.js';
import { changeText } from '../change-text.js';
import { defineTool } from '../tool.js';

export const vaultInsert = defineTool({
  name: 'vault_insert',
  title: 'Insert into a note',
  description:
    'Add lines to a note, without reading it first: under a heading, or at the start or end. Or replace the text under a heading.',
  effect: 'replaces',
  idempotent: false,
  input: z.object({
    file_path: shared.filePath,
    text: z.string(),
    heading: z.string().max(1000).optional().describe('The exact heading; "Parent#Child" if it occurs twice'),
    position: z
      .enum(['start', 'end', 'replace'])
      .default('end')
      .describe(
        'Of the text under the heading, or of the note; replace: all text under the heading, with sub-sections',
      ),
    create: z.boolean().optional().describe('Create the note or the heading if it is missing'),
    if_match: shared.ifMatch,
  }),
  output: z.object({
    path: z.string(),
    line: z.number().describe('Where the text begins'),
    created: z.boolean(),
    hash: shared.hashOut,
    problem: shared.problemOut,
  }),
  async run({ file_path, text, heading, position, create, if_match }, { notes }) {
    const change = { path: file_path, text, position, ...defined({ heading, create, ifMatch: if_match }) };
    const { path, hash, line, created, problem } = await notes.insert(change).catch(nameCreate);
    const done = created ? 'Created' : position === 'replace' ? 'Replaced a section of' : 'Inserted into';
    return {
      data: { path, line, created, hash, ...defined({ problem }) },
      text: changeText(done, path, ` at line ${line}`, { hash, problem }),
      changed: [path],
    };
  },
});

/** With create set, neither is missing. */
function nameCreate(error: unknown): never {
  if (!(error instanceof NotesError) || (error.code !== 'not_found' && error.code !== 'no_match')) throw error;
  const missing = error.code === 'not_found' ? 'note' : 'heading';
  throw new NotesError(error.code, error.message, {
    cause: error,
    hint: `To create the ${missing}, set create to true.`,
  });
}
