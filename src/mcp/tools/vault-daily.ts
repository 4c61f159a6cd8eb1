import * as z from 'zod';
import { defined } from '../../defined.js';
import { oneLine } from '../../foreign-text.js';
import * as shared from '../arguments.js';
import { fileAnswer } from '../read-answer.js';
import { defineTool } from '../tool.js';

const openedChars = 20_000;
/** After an addition the client knows what it added: the note's end matters less than a small answer. */
const changedChars = 2_000;

export const vaultDaily = defineTool({
  name: 'vault_daily',
  title: 'Daily note',
  description:
    "Read the daily note of a date, or add text to it. Its place and name follow the vault's own settings. Adding text creates a missing note.",
  effect: 'adds',
  idempotent: false,
  input: z.object({
    date: z.string().max(40).optional().describe('Such as 2026-07-28; default: today'),
    text: z.string().optional().describe('Lines to add'),
    heading: z.string().max(1000).optional().describe('Add under this heading; default: at the end'),
    create: z.boolean().optional().describe('Create the note even without text'),
  }),
  output: z.object({
    path: z.string(),
    created: z.boolean(),
    line: z.number().optional().describe('Where the added text begins'),
    warning: z.string().optional(),
    hash: shared.hashOut,
    next_offset: z.number().optional(),
    text: z.string(),
  }),
  async run({ date, text, heading, create }, { notes }) {
    const maxChars = text === undefined ? openedChars : changedChars;
    const fields = defined({ date: shared.parseDate(date, 'date'), text, heading, create });
    const { note, created, line, warning } = await notes.daily({ ...fields, maxChars });
    const { path, hash, nextOffset } = note;
    const done = [
      created ? 'Created the note.' : '',
      line === undefined ? '' : `Added at line ${line}.`,
      warning === undefined ? '' : oneLine(warning, 500),
    ];
    return {
      data: { path, created, hash, ...defined({ line, warning, next_offset: nextOffset }), text: note.text },
      text: [...done.filter((part) => part !== ''), fileAnswer(note, line === undefined ? 'whole' : 'part').text].join(
        '\n',
      ),
      changed: created || line !== undefined ? [path] : [],
    };
  },
});
