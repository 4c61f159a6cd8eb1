import { Mutex } from '../../mutex.js';
import { linksOfFile } from '../catalogue/note-links.js';
import { complete, countTags, listNotes, notesAllowed, recentNotes, summarise } from '../catalogue/query-notes.js';
import { NotesError } from '../errors.js';
import { withPlace } from '../files/locate.js';
import { isMarkdownName } from '../files/note-path.js';
import { noteNotFound } from '../files/system-failures.js';
import { trashFile } from '../files/trash-file.js';
import type { MoveChange, Moved, NoteLinks, SearchAnswer, SearchQuery } from '../notes.js';
import { changeFrontmatter, editNote, insertIntoNote, writeNote } from './change-note.js';
import { openDaily } from './daily-call.js';
import { finishMove, moveFile } from './move-call.js';
import type { Calls } from './protocol.js';
import { loadNote, namingNearest, readFiles } from './read-calls.js';
import type { VaultContext } from './vault-context.js';

const maxQueryCharacters = 2000;

/** Returns the worker's answers to the calls of the contract. */
export function createCalls(context: VaultContext): Calls {
  const { catalogue, follower, bounds } = context;
  const { sql } = catalogue;
  const readOnly = context.settings.readOnly === true;
  const changes = new Mutex();
  let reindexing: ReturnType<typeof reindex> | undefined;
  /** A move that is asked for again, because the worker died at it, gets the answer that it would have got. */
  let finished: Awaited<ReturnType<typeof finishMove>>;

  async function reindex(): Promise<{ files: number; chunks: number; seconds: number } | undefined> {
    if (!follower.status().ready) return undefined;
    const begin = performance.now();
    await follower.scan({ isForced: true });
    const { files, chunks } = follower.status();
    return { files, chunks, seconds: (performance.now() - begin) / 1000 };
  }

  /** Each change waits for the one before it, so that what it was decided on is still so. */
  async function change<T>(task: () => T | Promise<T>): Promise<T> {
    if (readOnly) {
      throw new NotesError('read_only', 'The vault is read-only. Notes can be read and searched, but not changed.');
    }
    if (!changes.idle) return changes.run(task);
    // What begins at once is known to be at work, should the worker die of it.
    const result = (async () => task())();
    void changes.run(() => result.catch(() => {}));
    return result;
  }

  async function move(argument: MoveChange, throwIfCancelled: () => void): Promise<Moved> {
    try {
      return await moveFile(context, argument, throwIfCancelled);
    } catch (error) {
      const isSame = finished?.asked.from === argument.from && finished.asked.to === argument.to;
      if (finished === undefined || !isSame || !(error instanceof NotesError && error.code === 'not_found'))
        throw error;
      return finished.result;
    }
  }

  if (!readOnly) {
    const finish = async () => {
      finished = await finishMove(context);
    };
    changes.run(finish).catch(context.onBroken);
  }
  return {
    list: (query) => listNotes(sql, query),
    read: (query) => readFiles(context, query),
    links: (query) => linksOf(context, query),
    tags: (query) => countTags(sql, query),
    recent: (query) => recentNotes(sql, query),
    summary: () => summarise(sql),
    complete: (query) => complete(sql, query),
    search: (query) => search(context, query),
    reindex: () => {
      reindexing ??= reindex().finally(() => {
        reindexing = undefined;
      });
      return reindexing;
    },
    write: (argument) => change(() => writeNote(context, argument)),
    edit: (argument) => change(() => editNote(context, argument)),
    insert: (argument) => change(() => insertIntoNote(context, argument)),
    editFrontmatter: (argument) => change(() => changeFrontmatter(context, argument)),
    daily: (argument) =>
      // To open it changes nothing.
      argument.text === undefined && argument.create !== true
        ? openDaily(context, argument)
        : change(() => openDaily(context, argument)),
    move: (argument, throwIfCancelled) => change(() => move(argument, throwIfCancelled)),
    trash: ({ path, ifMatch }) =>
      change(() => {
        const trashed = namingNearest(context, path, () => trashFile(bounds, path, ifMatch));
        follower.updateNow([trashed.path]);
        return trashed;
      }),
  };
}

function linksOf(context: VaultContext, { path, limit }: { path: string; limit: number }): NoteLinks {
  const { catalogue, bounds } = context;
  if (isMarkdownName(path)) {
    const loaded = loadNote(context, path);
    return linksOfFile(catalogue, loaded.path, loaded.note.links, limit);
  }
  const realPath = namingNearest(context, path, () =>
    withPlace(bounds, path, { kind: 'any' }, (place) => {
      if (!place.stats?.isFile()) throw noteNotFound(path);
      return place.path;
    }),
  );
  return linksOfFile(catalogue, realPath, undefined, limit);
}

async function search({ catalogue, follower }: VaultContext, query: SearchQuery): Promise<SearchAnswer> {
  const { text, limit, perNote = 1, ...filter } = query;
  if (text.length > maxQueryCharacters) {
    throw new NotesError('bad_argument', `The query is too long: at most ${maxQueryCharacters} characters.`);
  }
  const allowed = notesAllowed(catalogue.sql, filter);
  const isAllowed = allowed && ((noteId: number) => allowed.has(noteId));
  const { hits, isByMeaning } = await catalogue.search.search({ text, limit, perNote, isAllowed });
  const shown = hits.flatMap(({ noteId, ...hit }) => {
    const note = catalogue.sql.get<{ path: string; title: string }>('SELECT path, title FROM files WHERE id = ?', [
      noteId,
    ]);
    return note === undefined ? [] : [{ ...note, ...hit }];
  });
  return { hits: shown, status: follower.status(), ...(isByMeaning === undefined ? {} : { isByMeaning }) };
}
