import { NotesError } from '../../../src/notes/errors.js';
import { changeFile } from '../../../src/notes/files/change-file.js';
import { boundsOf } from '../../../src/notes/files/locate.js';
import { renameFile } from '../../../src/notes/files/rename-file.js';

/** What to do, once for each text, as fast as can be; every time answers with its text, or the code of its refusal. */
export interface Race {
  readonly kind: 'write' | 'move';
  readonly root: string;
  readonly path: string;
  readonly texts: readonly string[];
}

export interface Outcome {
  readonly text: string;
  readonly code: string | undefined;
}

/** A process that takes part in races over one note. */
process.on('message', ({ kind, root, path, texts }: Race) => {
  const bounds = boundsOf(root);
  const take = (text: string) => {
    if (kind === 'move') renameFile(bounds, `${text}.md`, path, undefined, () => {});
    else changeFile(bounds, path, { create: true }, (before) => create(before, text));
  };
  const outcomes = texts.map((text): Outcome => {
    try {
      take(text);
      return { text, code: undefined };
    } catch (error) {
      return { text, code: error instanceof NotesError ? error.code : String(error) };
    }
  });
  process.send?.(outcomes);
});
process.on('disconnect', () => process.exit(0));

function create(before: unknown, text: string): Uint8Array {
  if (before !== undefined) throw new NotesError('exists', 'it is there');
  return Buffer.from(text);
}
