import { statusOf } from '../catalogue/query-notes.js';
import { NotesError } from '../errors.js';
import { withPlace } from '../files/locate.js';
import { domainOf, foldPath, isMarkdownName, noteName, quotePath } from '../files/note-path.js';
import { readPlace } from '../files/stored-file.js';
import type { ParsedNote, Span } from '../markdown/note.js';
import type { Passage, ReadFailure, ReadImage, ReadNote, ReadQuery, ReadResult, ReadText } from '../notes.js';
import { findBlock, findHeading } from '../read/find-section.js';
import { nearestPaths } from '../read/nearest-paths.js';
import { readOtherFile } from '../read/other-file.js';
import { cutPassage, rangeOfLines } from '../read/passage.js';
import type { LoadedNote } from './note-source.js';
import type { VaultContext } from './vault-context.js';

const mostPaths = 20;
const shownHeadings = 100;
const mostHeadings = 200;
const shownReferences = 100;
const shownOther = 50;
const shownTags = 50;
const shownAliases = 20;
const otherCharacters = 500;

/** Reads files; a path that cannot be read is a result too, but a single one is an error. Throws NotesError. */
export function readFiles(context: VaultContext, query: ReadQuery): ReadResult[] {
  const { paths } = query;
  if (paths.length > mostPaths) {
    throw new NotesError('bad_argument', `At most ${mostPaths} files can be read at once, not ${paths.length}.`);
  }
  return paths.map((path) => {
    try {
      return readFile(context, path, query);
    } catch (error) {
      if (!(error instanceof NotesError) || paths.length === 1) throw error;
      return { kind: 'failure', path, code: error.code, message: error.message } satisfies ReadFailure;
    }
  });
}

/** Reads a note. Throws NotesError; `not_found` names the nearest paths. */
export function loadNote(context: VaultContext, path: string): LoadedNote {
  return namingNearest(context, path, () => context.source.load(path));
}

/** Has a failure because of a path that is not there name the nearest ones. */
export function namingNearest<T>(context: VaultContext, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof NotesError) || (error.code !== 'not_found' && error.code !== 'not_markdown')) throw error;
    const rows = context.catalogue.sql.all<{ path: string }>('SELECT path FROM files WHERE listed = 1');
    const listed = rows.map((row) => row.path);
    const aliased = notesWithAlias(context, path.replace(/\.md$/i, ''));
    const nearest = new Set([...aliased, ...nearestPaths(path, listed)]);
    if (nearest.size === 0 || nearest.has(path)) throw error;
    const advice = `Did you mean ${[...nearest].map(quotePath).join(', ')}?`;
    throw new NotesError(error.code, `${error.message} ${advice}`, { cause: error });
  }
}

function readFile(context: VaultContext, path: string, query: ReadQuery): ReadNote | ReadText | ReadImage {
  if (isMarkdownName(path.replace(/\/+$/, ''))) return describeNote(loadNote(context, path), query);
  return namingNearest(context, path, () => {
    try {
      return readOther(context, path, query);
    } catch (error) {
      if (!(error instanceof NotesError) || error.code !== 'not_found') throw error;
      const loaded = loadWithoutEnding(context, path);
      if (loaded === undefined) throw error;
      return describeNote(loaded, query);
    }
  });
}

/** What says that a path is no note's. */
const elsewhere = new Set<string>(['not_found', 'bad_path', 'outside_vault']);

/** Links leave a note's ending out, and so do those who follow them; people call a note by an alias. */
function loadWithoutEnding(context: VaultContext, path: string): LoadedNote | undefined {
  // A note of that name, be it in another case, is not hidden by another's alias.
  const named = context.catalogue.lookup.at(foldPath(`${path}.md`));
  const meant = named.length > 0 ? named : notesWithAlias(context, path);
  for (const candidate of [`${path}.md`, ...(meant.length === 1 ? meant : [])]) {
    try {
      return context.source.load(candidate);
    } catch (error) {
      if (!(error instanceof NotesError && elsewhere.has(error.code))) throw error;
    }
  }
  return undefined;
}

/** The paths of the listed notes, a few at most, that have this alias. */
function notesWithAlias({ catalogue }: VaultContext, alias: string): string[] {
  const rows = catalogue.sql.all<{ path: string }>(
    "SELECT path FROM properties JOIN files ON id = file_id WHERE key = 'aliases' AND value = ? AND listed = 1 ORDER BY path LIMIT 3",
    [foldPath(alias)],
  );
  return rows.map(({ path }) => path);
}

function readOther({ bounds }: VaultContext, asked: string, query: ReadQuery): ReadText | ReadImage {
  const { path, stats, hash, bytes } = withPlace(bounds, asked, { kind: 'any' }, readPlace);
  if (query.section !== undefined || query.block !== undefined || query.outline) {
    throw new NotesError('bad_argument', 'Only notes have sections, blocks and an outline. Read this file by lines.');
  }
  const content = readOtherFile(path, bytes);
  const modifiedMs = stats.mtimeMs;
  const { kind, mimeType } = content;
  if (kind === 'image') return { kind, path, mimeType, bytes, modifiedMs };
  const range = rangeOfLines(content.text, query.startLine, query.endLine);
  const passage = cutPassage(content.text, range, query.offset ?? 0, query.maxChars);
  return { kind, path, mimeType, hash, size: stats.size, modifiedMs, ...passage };
}

/** Returns the answer to a read of a note. Throws NotesError if the wanted part does not exist. */
export function describeNote(loaded: LoadedNote, query: Omit<ReadQuery, 'paths'>): ReadNote {
  const { path, hash, stats, note } = loaded;
  const { text, outline } = note;
  const references = new Set(note.links.map(({ target }) => target).filter((target) => target !== ''));
  const firstHeading = query.outline ? (query.offset ?? 0) : 0;
  const passage: Passage = query.outline
    ? { ...cutPassage(text, { start: 0, end: text.length }, 0, query.maxChars), text: '' }
    : cutPassage(text, rangeOf(note, query, path), query.offset ?? 0, query.maxChars);
  const { nextOffset, ...shown } = passage;
  const lastHeading = firstHeading + mostHeadings;
  const goOn = !query.outline ? nextOffset : lastHeading < outline.length ? lastHeading : undefined;
  return {
    kind: 'note',
    path,
    title: note.title ?? noteName(path),
    domain: domainOf(path),
    ...(note.status === undefined ? {} : statusOf(note.status)),
    ...(note.created === undefined ? {} : { created: note.created }),
    ...(note.updated === undefined ? {} : { updated: note.updated }),
    tags: note.tags.slice(0, shownTags),
    aliases: note.aliases.slice(0, shownAliases),
    size: stats.size,
    modifiedMs: stats.mtimeMs,
    ...(note.problem === undefined ? {} : { problem: note.problem.message }),
    hash,
    outline: outline
      .slice(firstHeading, firstHeading + (query.outline ? mostHeadings : shownHeadings))
      .map(({ level, text: heading, line }) => ({ level, text: heading, line })),
    totalHeadings: outline.length,
    crossReferences: [...references].slice(0, shownReferences).map((target) => target.slice(0, otherCharacters)),
    totalCrossReferences: references.size,
    other: otherOf(note),
    ...shown,
    ...(goOn === undefined ? {} : { nextOffset: goOn }),
  };
}

function rangeOf(note: ParsedNote, query: Omit<ReadQuery, 'paths'>, path: string): Span {
  const asked = [query.section, query.block, query.startLine ?? query.endLine].filter((each) => each !== undefined);
  if (asked.length > 1) {
    throw new NotesError('bad_argument', 'Ask for only one of these: a section, a block, or lines.');
  }
  if (query.section !== undefined) return findHeading(note, query.section, path);
  if (query.block !== undefined) return findBlock(note, query.block, path);
  return rangeOfLines(note.text, query.startLine, query.endLine);
}

const own = new Set(['title', 'status', 'estado', 'created', 'creado', 'updated', 'tags', 'tag', 'aliases', 'alias']);

function otherOf({ other, properties }: ParsedNote): Readonly<Record<string, string>> {
  const shown = new Map<string, string>();
  for (const [key, value] of other) shown.set(key, value);
  const named = new Set([...other.keys()].map(foldPath));
  for (const [key, values] of properties) {
    if (shown.size >= shownOther) break;
    if (!own.has(key) && !named.has(key)) shown.set(key, values.map((value) => String(value ?? '')).join(', '));
  }
  const entries = [...shown].slice(0, shownOther);
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(0, 200), value.slice(0, otherCharacters)]));
}
