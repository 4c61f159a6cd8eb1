import { setImmediate } from 'node:timers/promises';
import { sha256Hex } from '../../hash.js';
import { readCanvasLinks, rewriteCanvas } from '../catalogue/canvas.js';
import { fileKinds, kindOfPath } from '../catalogue/catalogue.js';
import {
  beginMove,
  endMove,
  type MovePlan,
  type Rewriting,
  recordRewriting,
  unfinishedMove,
} from '../catalogue/move-journal.js';
import { type LinkTarget, type Move, newTargets } from '../catalogue/new-targets.js';
import { afterMove, createResolver, nameKey, styleOf } from '../catalogue/resolver.js';
import { rewriteLinks } from '../edit/rewrite-links.js';
import { NotesError } from '../errors.js';
import { changeFile, encodeNote } from '../files/change-file.js';
import { folderOf, quotePath } from '../files/note-path.js';
import { finishRename, type Renamed, renameFile } from '../files/rename-file.js';
import type { StoredFile } from '../files/stored-file.js';
import { noteNotFound } from '../files/system-failures.js';
import { limits } from '../markdown/note.js';
import { decodeText } from '../markdown/note-text.js';
import type { MoveChange, Moved } from '../notes.js';
import { namingNearest } from './read-calls.js';
import type { VaultContext } from './vault-context.js';

const tries = 3;
const shownFiles = 200;
const filesAtOnce = 50;
const mostNames = 100;

/**
 * Moves or renames a note, an attachment or a folder and rewrites the links and canvas nodes that led to what moved, or
 * stand in it, so that each leads to the file that it led to before. Throws NotesError and nothing done; once the file is
 * moved, notes whose links could not be rewritten are `failed`.
 */
export async function moveFile(context: VaultContext, asked: MoveChange, throwIfCancelled: () => void): Promise<Moved> {
  const { follower } = context;
  // The links to follow are those that the folder has now.
  await follower.scan();
  const release = follower.hold();
  try {
    await setImmediate();
    throwIfCancelled();
    refuseStopped(context);
    const { plan, move } = rename(context, asked);
    return await rewriteFiles(context, plan, move);
  } finally {
    release();
  }
}

/** Finishes the move that an earlier worker or process began; undefined when there is none, or nothing was moved. */
export async function finishMove(
  context: VaultContext,
): Promise<{ asked: MovePlan['asked']; result: Moved } | undefined> {
  const { bounds, follower, catalogue, log } = context;
  const begun = unfinishedMove(catalogue.sql);
  if (begun === undefined) return undefined;
  const { plan, rewritten } = begun;
  const { asked, from, to } = plan;
  try {
    finishRename(bounds, from, to);
  } catch (error) {
    // One of them is not there, or not now.
    if (!(error instanceof NotesError)) throw error;
  }
  await follower.scan();
  // The next process does it: this one does not know what the folder has.
  if (follower.isClosing()) return undefined;
  // It may have been cut off before the rename, or undone since: what is at its old path is not what moved.
  const isThere = (path: string) => catalogue.find(path) !== undefined;
  const moved = new Map(plan.moved.filter(([oldPath, newPath]) => isThere(newPath) && !isThere(oldPath)));
  if (moved.size === 0) {
    endMove(catalogue.sql);
    return undefined;
  }
  const release = follower.hold();
  try {
    const back = new Map([...moved].map(([oldPath, newPath]) => [newPath, oldPath]));
    const before = createResolver(afterMove(catalogue.lookup, back));
    const result = await rewriteFiles(context, plan, { moved, before, after: catalogue.resolver() }, rewritten);
    const { totalRewritten, totalFailed } = result;
    log.info('completed a move that was interrupted', { from, to, totalRewritten, totalFailed });
    return { asked, result };
  } finally {
    release();
  }
}

/** Renames the file or folder, with the plan of all that follows kept before. Throws NotesError and nothing done. */
function rename(context: VaultContext, asked: MoveChange): { plan: MovePlan; move: Move } {
  const { bounds, catalogue } = context;
  const { from, to, ifMatch } = asked;
  const begin = (renamed: Renamed) => {
    const moved = movedFiles(context, renamed);
    const after = createResolver(afterMove(catalogue.lookup, moved));
    const move = { moved, before: catalogue.resolver(), after };
    const files = filesToRewrite(context, move).map((path) => [path, catalogue.find(path)?.hash ?? null] as const);
    const plan = { ...renamed, asked: { from, to }, moved: [...moved], files };
    beginMove(catalogue.sql, plan);
    return { plan, move };
  };
  try {
    return namingNearest(context, from, () => renameFile(bounds, from, to, ifMatch, begin));
  } catch (error) {
    keepRecord(context, () => endMove(catalogue.sql));
    throw error;
  }
}

/**
 * Rewrites the files of a move and reports on all. With `rewritten` the move was cut off: what was rewritten then is not
 * rewritten twice. What others changed since then was written for the vault as it is: there only links that lead nowhere
 * follow.
 */
async function rewriteFiles(
  context: VaultContext,
  { kind, from, to, files }: MovePlan,
  move: Move,
  rewritten?: ReadonlyMap<string, Rewriting>,
): Promise<Moved> {
  const done: { path: string; links: number }[] = [];
  const failed: { path: string; reason: string }[] = [];
  for (const [oldPath, oldHash] of files) {
    refuseStopped(context);
    const path = move.moved.get(oldPath) ?? oldPath;
    const hash = rewritten === undefined ? oldHash : context.catalogue.find(path)?.hash;
    const known = rewritten?.get(oldPath);
    const isDone = known !== undefined && known.hash === hash;
    const { links, reason } = isDone
      ? known
      : rewriteFile(context, { ...move, onlyBroken: hash !== oldHash }, oldPath, path);
    if (links > 0) done.push({ path, links });
    if (reason !== null) failed.push({ path, reason });
    // Waiting calls are answered; this one is finished, as it was begun.
    await setImmediate();
  }
  await recordMove(context, move.moved);
  keepRecord(context, () => endMove(context.catalogue.sql));
  return {
    kind,
    from,
    to,
    files: move.moved.size,
    rewritten: done.slice(0, shownFiles),
    totalRewritten: done.length,
    failed: failed.slice(0, shownFiles),
    totalFailed: failed.length,
  };
}

/** Without a whole catalogue, or one that is open, a move misses links, and nothing is kept of what was done. */
function refuseStopped({ follower }: VaultContext): void {
  if (follower.isClosing()) throw new NotesError('stopped', 'The notes are closed: the server is stopping.');
}

/** The files are moved by then, so a failing catalogue does not fail the move. */
function keepRecord({ onBroken }: VaultContext, write: () => void): void {
  try {
    write();
  } catch (error) {
    onBroken(error);
  }
}

function movedFiles({ catalogue }: VaultContext, { kind, from, to }: Renamed): Map<string, string> {
  if (kind !== 'folder') return new Map([[from, to]]);
  const rows = catalogue.sql.all<{ path: string }>('SELECT path FROM files WHERE path > ? AND path < ?', [
    `${from}/`,
    `${from}0`,
  ]);
  return new Map(rows.map(({ path }) => [path, to + path.slice(from.length)]));
}

/**
 * The files with links that must change, by their old paths: those named like what moved, before or after, and those that
 * moved. One that has more links than are read may have some further on.
 */
function filesToRewrite({ catalogue }: VaultContext, move: Move): string[] {
  const { sql } = catalogue;
  const found = new Set<string>();
  const look = (condition: string, value: string) => {
    const select = `SELECT path, style, target FROM links JOIN files ON id = file_id WHERE ${condition} = ?`;
    for (const { path, ...link } of sql.all<LinkTarget & { path: string }>(select, [value])) {
      if (!found.has(path) && newTargets(link, path, move) !== undefined) found.add(path);
    }
  };
  for (const name of new Set([...move.moved].flat().map(nameKey))) look('links.name_key', name);
  for (const path of move.moved.keys()) look('path', path);
  const cut = sql.all<{ path: string }>('SELECT path FROM files WHERE link_count >= ?', [limits.links]);
  for (const { path } of cut) found.add(path);
  return [...found];
}

type Rewritten = Pick<Rewriting, 'links' | 'reason'>;

/** Rewrites one file, on its text of that moment: another program may have changed it since the catalogue was made. */
function rewriteFile(context: VaultContext, move: Move, oldPath: string, newPath: string): Rewritten {
  const rewrite = kindOfPath(newPath) === fileKinds.canvas ? rewriteCanvasFile : rewriteNote;
  let report: Rewritten = { links: 0, reason: null };
  for (let attempt = 1; ; attempt++) {
    try {
      const saved = changeFile(context.bounds, newPath, { kind: 'any' }, (stored) => {
        if (stored === undefined) throw noteNotFound(newPath);
        const { bytes, ...rewritten } = rewrite(context, move, oldPath, stored);
        report = rewritten;
        const rewriting = { ...rewritten, hash: sha256Hex(bytes) };
        keepRecord(context, () => recordRewriting(context.catalogue.sql, oldPath, rewriting));
        return bytes;
      });
      if (saved.changed) context.follower.updateNow([saved.path]);
      return report;
    } catch (error) {
      if (!(error instanceof NotesError)) throw error;
      if (attempt === tries || error.code !== 'conflict') return { links: 0, reason: error.message };
    }
  }
}

type Rewrite = (
  context: VaultContext,
  move: Move,
  oldPath: string,
  stored: StoredFile,
) => Rewritten & { bytes: Uint8Array };

const rewriteNote: Rewrite = ({ source }, move, oldPath, stored) => {
  const note = source.parse(stored);
  const { text, changes, lost } = rewriteLinks(note, ({ kind, target }) =>
    target === '' ? undefined : newTargets({ style: styleOf(kind), target }, oldPath, move),
  );
  const unread = note.links.length < limits.links ? '' : note.text.slice(note.links.at(-1)?.end);
  const reason = reasonOf(
    lost.map(({ target, line }) => `${quotePath(target)} in line ${line}`),
    isStale(unread, oldPath, move),
  );
  return { bytes: encodeNote(text, note.hasMark, stored.path), links: changes.length, reason };
};

const rewriteCanvasFile: Rewrite = ({ source }, move, oldPath, { path, bytes, stats }) => {
  source.enter(path, stats);
  const targetsOf = (link: LinkTarget) => newTargets(link, oldPath, move);
  const read = decodeText(bytes);
  const canvas = read && rewriteCanvas(read.text, targetsOf);
  if (read === undefined || canvas === undefined) {
    const links = readCanvasLinks(new TextDecoder().decode(bytes));
    const lost = links.filter((link) => targetsOf(link) !== undefined).map(({ target }) => quotePath(target));
    return { bytes, links: 0, reason: reasonOf(lost, false) };
  }
  const text = read.hasMark ? `\ufeff${canvas.text}` : canvas.text;
  return { bytes: Buffer.from(text), links: canvas.changed, reason: reasonOf(canvas.lost.map(quotePath), false) };
};

/** Whether text that was not read may have links that no longer lead where they led. */
function isStale(unread: string, oldPath: string, { moved }: Move): boolean {
  const newPath = moved.get(oldPath) ?? oldPath;
  if (unread === '' || moved.size > mostNames || folderOf(newPath) !== folderOf(oldPath)) return unread !== '';
  const text = unread.toLowerCase();
  return [...moved.keys()].map(nameKey).some((name) => text.includes(name) || text.includes(encodeURI(name)));
}

async function recordMove({ follower }: VaultContext, moved: ReadonlyMap<string, string>): Promise<void> {
  const paths = [...moved].flat();
  for (let start = 0; start < paths.length; start += filesAtOnce) {
    follower.updateNow(paths.slice(start, start + filesAtOnce));
    await setImmediate();
  }
}

/** Why links of a file do not follow, null when all do. */
function reasonOf(lost: readonly string[], hasUnread: boolean): string | null {
  const reasons: string[] = [];
  if (lost.length > 0) {
    const shown = `${lost.slice(0, 20).join(', ')}${lost.length > 20 ? ', …' : ''}`;
    reasons.push(
      `The new name cannot be written where the link stands (${shown}): change it by hand, in quotes if it is in the frontmatter.`,
    );
  }
  if (hasUnread) {
    reasons.push(
      `Only its first ${limits.links} links are read: those further on are as they were, look through them.`,
    );
  }
  return reasons.length === 0 ? null : reasons.join(' ');
}
