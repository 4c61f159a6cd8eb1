import { realpathSync, statSync } from 'node:fs';
import { systemErrorCode } from '../errors.js';
import type { Log } from '../log.js';
import { NotesError } from './errors.js';
import { boundsOf } from './files/locate.js';
import type { Notes } from './notes.js';
import type { EmbeddingsOptions } from './search/open-note-search.js';
import type { CallName } from './worker/protocol.js';
import { startWorker } from './worker/worker-client.js';

export interface OpenNotesOptions {
  /** The folder of notes. */
  readonly path: string;
  /** Globs of what is not part of the vault. */
  readonly ignore?: readonly string[];
  /** List and search names that begin with `_` too. */
  readonly listUnderscore?: boolean;
  /** Refuse every change with NotesError `read_only`. */
  readonly readOnly?: boolean;
  /** Follow changes that other programs make; true by default. */
  readonly watch?: boolean;
  /** Where the catalogue is kept between starts, outside the vault; in memory without it. */
  readonly cataloguePath?: string | undefined;
  /** Search by meaning with the built-in word vectors; on by default. */
  readonly meaning?: 'on' | 'off';
  /** Search by meaning with the model of this endpoint, too. */
  readonly embeddings?: EmbeddingsOptions;
  /** The folder of daily notes and the format of their names, where the vault's own settings do not count. */
  readonly dailyFolder?: string;
  readonly dailyFormat?: string;
  /** A call, or a note, that takes longer is given up; 20,000 by default. */
  readonly callTimeoutMs?: number;
  readonly log: Log;
}

/**
 * Opens a folder of notes in a worker of its own, which builds the catalogue meanwhile. Throws NotesError `vault_missing`
 * when the folder is not there or not readable, `bad_argument` for a bad glob.
 */
export function openNotes(options: OpenNotesOptions): Notes {
  const root = findRoot(options);
  const client = startWorker({ ...options, path: root });
  /** The worker answers with what the contract says. */
  const ask = <Name extends CallName>(name: Name) =>
    ((argument: unknown, signal?: AbortSignal) => client.call(name, argument, signal)) as Notes[Name];
  return {
    root,
    list: ask('list'),
    read: ask('read'),
    write: ask('write'),
    edit: ask('edit'),
    insert: ask('insert'),
    editFrontmatter: ask('editFrontmatter'),
    daily: ask('daily'),
    move: ask('move'),
    trash: ask('trash'),
    links: ask('links'),
    tags: ask('tags'),
    recent: ask('recent'),
    summary: (signal) => client.call('summary', undefined, signal) as ReturnType<Notes['summary']>,
    complete: ask('complete'),
    search: ask('search'),
    reindex: (signal) => client.call('reindex', undefined, signal) as ReturnType<Notes['reindex']>,
    status: client.status,
    close: client.close,
  };
}

function findRoot({ path, ignore }: OpenNotesOptions): string {
  try {
    const root = realpathSync(path);
    if (!statSync(root).isDirectory()) {
      throw new NotesError('vault_missing', `the vault ${path} is not a folder`, {
        hint: 'name the folder that has the notes',
      });
    }
    // Opens the folder, and so tells whether this user may.
    boundsOf(root, ignore);
    return root;
  } catch (error) {
    if (error instanceof NotesError) throw error;
    throw new NotesError(
      'vault_missing',
      `the vault folder ${path} cannot be opened (${systemErrorCode(error) ?? 'unknown'})`,
      { cause: error, hint: 'check the path, and that this user may read the folder' },
    );
  }
}
