import { conditionOf } from '../catalogue/filter.js';
import { listNotes } from '../catalogue/list-notes.js';
import { canvasLinks, incomingLinks, outgoingLinks } from '../catalogue/note-links.js';
import { complete, countTags, recentNotes, summarise } from '../catalogue/surveys.js';
import { NotesError } from '../errors.js';
import { withPlace } from '../files/locate.js';
import { isMarkdownName } from '../files/note-path.js';
import { noteNotFound } from '../files/system-failures.js';
import type { NoteLinks, SearchAnswer, SearchQuery } from '../notes.js';
import { createChanges } from './change-calls.js';
import type { Calls } from './protocol.js';
import { loadNote, namingNearest, readFiles } from './read-calls.js';
import { refuseCancelled, type VaultContext } from './vault-context.js';

/** Returns the worker's answers to the calls of the contract. */
export function createCalls(context: VaultContext): Calls {
  const { catalogue, follower } = context;
  const { sql } = catalogue;
  let reindexing: ReturnType<typeof reindex> | undefined;

  async function reindex(): Promise<{ files: number; chunks: number; seconds: number } | undefined> {
    if (!follower.status().ready) return undefined;
    const begin = performance.now();
    await follower.scan({ isForced: true });
    const { files, chunks } = follower.status();
    return { files, chunks, seconds: (performance.now() - begin) / 1000 };
  }

  /** Waiting calls may have been cancelled by the time that they are looked at. */
  const unlessCancelled =
    <Argument, Result>(answer: (argument: Argument) => Result) =>
    (argument: Argument, isCancelled: () => boolean): Result => {
      refuseCancelled(isCancelled);
      return answer(argument);
    };

  return {
    list: unlessCancelled((query) => listNotes(sql, query)),
    read: unlessCancelled((query) => readFiles(context, query)),
    links: unlessCancelled((query) => linksOf(context, query)),
    tags: unlessCancelled((query) => countTags(sql, query)),
    recent: unlessCancelled((query) => recentNotes(sql, query)),
    summary: unlessCancelled(() => summarise(sql)),
    complete: unlessCancelled((query) => complete(sql, query)),
    search: unlessCancelled((query) => search(context, query)),
    reindex: () => {
      reindexing ??= reindex().finally(() => {
        reindexing = undefined;
      });
      return reindexing;
    },
    ...createChanges(context),
  };
}

function linksOf(context: VaultContext, { path, limit }: { path: string; limit: number }): NoteLinks {
  const { catalogue, bounds } = context;
  if (isMarkdownName(path)) {
    const loaded = loadNote(context, path);
    const { path: own, note } = loaded;
    return { path: own, ...outgoingLinks(catalogue, own, note, limit), ...incomingLinks(catalogue, own, limit) };
  }
  const realPath = namingNearest(context, path, () =>
    withPlace(bounds, path, { kind: 'any' }, (place) => {
      if (!place.stats?.isFile()) throw noteNotFound(path);
      return place.path;
    }),
  );
  return { path: realPath, ...canvasLinks(catalogue, realPath, limit), ...incomingLinks(catalogue, realPath, limit) };
}

async function search({ catalogue, follower }: VaultContext, query: SearchQuery): Promise<SearchAnswer> {
  const { text, limit, perNote = 1, ...filter } = query;
  if (text.length > maxQueryCharacters) {
    throw new NotesError('bad_argument', `The query is too long: at most ${maxQueryCharacters} characters.`);
  }
  const { hits, isByMeaning } = await catalogue.search.search({
    text,
    limit,
    perNote,
    isAllowed: allowedBy(catalogue.sql, filter),
  });
  const shown = hits.flatMap(({ noteId, ...hit }) => {
    const note = catalogue.sql.get<{ path: string; title: string }>('SELECT path, title FROM files WHERE id = ?', [
      noteId,
    ]);
    return note === undefined ? [] : [{ ...note, ...hit }];
  });
  return { hits: shown, status: follower.status(), ...(isByMeaning === undefined ? {} : { isByMeaning }) };
}

const maxQueryCharacters = 2000;

/** Undefined when every note is let through. */
function allowedBy(sql: VaultContext['catalogue']['sql'], filter: Omit<SearchQuery, 'text' | 'limit' | 'perNote'>) {
  const isFiltered = Object.values(filter).some((value) => value !== undefined && value !== '');
  if (!isFiltered) return undefined;
  const { sql: where, values } = conditionOf(filter);
  const ids = new Set(sql.all<{ id: number }>(`SELECT id FROM files WHERE ${where}`, [...values]).map(({ id }) => id));
  return (noteId: number) => ids.has(noteId);
}
