import { posix } from 'node:path';
import { normalizeText } from '../../text.js';
import { readCanvasLinks, rewriteCanvas } from '../catalogue/canvas.js';
import { fileKinds, kindOfPath } from '../catalogue/catalogue.js';
import {
  type BegunMove,
  beginMove,
  endMove,
  type FileWriting,
  type MoveFile,
  markFile,
  markWriting,
  unfinishedMove,
} from '../catalogue/move-journal.js';
import {
  afterMove,
  createResolver,
  type LinkStyle,
  nameKey,
  type Resolution,
  type Resolver,
  styleOf,
} from '../catalogue/resolver.js';
import { rewriteLinks } from '../edit/rewrite-links.js';
import { NotesError } from '../errors.js';
import { changeFile } from '../files/change-file.js';
import { folderOf, isMarkdownName, quotePath } from '../files/note-path.js';
import { renameFile } from '../files/rename-file.js';
import { limits } from '../markdown/note.js';
import { decodeText } from '../markdown/note-text.js';
import type { MoveChange, Moved } from '../notes.js';
import { changeNote } from './change-note.js';
import { namingNearest } from './read-calls.js';
import { recordChange, type VaultContext, yieldToCalls } from './vault-context.js';

const tries = 3;
const shownFiles = 200;
const filesAtOnce = 50;
const mostNames = 100;

/**
 * Moves or renames a note, an attachment or a folder and rewrites the links and canvas nodes that led to what moved, or
 * stand in it, so that each leads to the file that it led to before. Throws NotesError and nothing done; once the file is
 * moved, notes whose links could not be rewritten are `failed`.
 */
export async function moveFile(context: VaultContext, asked: MoveChange, isCancelled: () => boolean): Promise<Moved> {
  const { bounds, follower, catalogue } = context;
  // The links to follow are those that the folder has now.
  await follower.scan();
  const release = follower.hold();
  try {
    await yieldToCalls(isCancelled);
    refuseStopped(context);
    let begun: { plan: BegunMove; move: Move; paths: string[] } | undefined;
    try {
      namingNearest(context, asked.from, () =>
        renameFile(bounds, asked.from, asked.to, asked.ifMatch, ({ kind, from, to }) => {
          const moved = movedFiles(context, kind, from, to);
          const before = catalogue.resolver();
          const move = { moved, before, after: createResolver(afterMove(catalogue.lookup, moved)) };
          const paths = [...filesToRewrite(context, move)];
          const plan = { kind, from, to, asked: { from: asked.from, to: asked.to }, moved: [...moved] };
          beginMove(catalogue.sql, plan, paths);
          begun = { plan, move, paths };
        }),
      );
    } catch (error) {
      if (begun !== undefined) keepMark(context, () => endMove(catalogue.sql));
      throw error;
    }
    if (begun === undefined) throw new Error('a file was moved without a plan');
    const { plan, move, paths } = begun;
    const files = paths.map((path) => ({ path, links: null, reason: null }));
    return await rewriteFiles(context, plan, move, files, ({ path }, newPath) =>
      rewriteFile(context, move, path, newPath),
    );
  } finally {
    release();
  }
}

/** Brings the move to its end that an earlier worker or process began; undefined when there is none, or nothing was moved. */
export async function finishMove(
  context: VaultContext,
): Promise<{ asked: BegunMove['asked']; result: Moved } | undefined> {
  const { follower, catalogue, log } = context;
  const begun = unfinishedMove(catalogue.sql);
  if (begun === undefined) return undefined;
  await follower.scan();
  // The next process does it: this one does not know what the folder has.
  if (follower.isClosing()) return undefined;
  const { move: plan, files } = begun;
  const { from, to } = plan;
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
    const move = { moved, before, after: catalogue.resolver() };
    const result = await rewriteFiles(context, plan, move, files, (file, newPath) =>
      rewriteLate(context, move, file, newPath),
    );
    const { totalRewritten, totalFailed } = result;
    log.info('completed a move that was interrupted', { from, to, totalRewritten, totalFailed });
    return { asked: plan.asked, result };
  } finally {
    release();
  }
}

/** Rewrites the files that were not checked yet, and reports on all. */
async function rewriteFiles<File extends Pick<MoveFile, 'path' | 'links' | 'reason'>>(
  context: VaultContext,
  { kind, from, to }: BegunMove,
  move: Move,
  files: readonly File[],
  rewrite: (file: File, newPath: string) => Rewritten,
): Promise<Moved> {
  const rewritten: { path: string; links: number }[] = [];
  const failed: { path: string; reason: string }[] = [];
  for (const file of files) {
    refuseStopped(context);
    const newPath = move.moved.get(file.path) ?? file.path;
    const { links, reason } = file.links === null ? rewrite(file, newPath) : file;
    if (links !== null && links > 0) rewritten.push({ path: newPath, links });
    if (reason !== null) failed.push({ path: newPath, reason });
    if (file.links !== null) continue;
    keepMark(context, () => markFile(context.catalogue.sql, { path: file.path, links, reason }));
    // What was begun is brought to its end.
    await yieldToCalls(() => false);
  }
  await recordMove(context, move.moved);
  keepMark(context, () => endMove(context.catalogue.sql));
  return {
    kind,
    from,
    to,
    files: move.moved.size,
    rewritten: rewritten.slice(0, shownFiles),
    totalRewritten: rewritten.length,
    failed: failed.slice(0, shownFiles),
    totalFailed: failed.length,
  };
}

/** Without a whole catalogue, or one that is open, a move misses links, and nothing is kept of what was done. */
function refuseStopped({ follower }: VaultContext): void {
  if (follower.isClosing()) throw new NotesError('stopped', 'The notes are closed: the server is stopping.');
}

/** The files are moved by then, so a failing catalogue does not fail the move. */
function keepMark({ onBroken }: VaultContext, mark: () => void): void {
  try {
    mark();
  } catch (error) {
    onBroken(error);
  }
}

interface Move {
  /** Old paths with the new ones. */
  readonly moved: ReadonlyMap<string, string>;
  readonly before: Resolver;
  readonly after: Resolver;
  /** Links that lead somewhere stay. */
  readonly onlyBroken?: boolean;
}

interface LinkTarget {
  readonly style: LinkStyle;
  readonly target: string;
}

interface LinkRow extends LinkTarget {
  readonly [column: string]: unknown;
  readonly path: string;
}

function movedFiles({ catalogue }: VaultContext, kind: Moved['kind'], from: string, to: string): Map<string, string> {
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
function filesToRewrite({ catalogue }: VaultContext, move: Move): Set<string> {
  const found = new Set<string>();
  const columns = 'SELECT path, style, target FROM links JOIN files ON id = file_id';
  const look = (condition: string, value: string) => {
    const rows = catalogue.sql.all<LinkRow>(`${columns} WHERE ${condition} = ?`, [value]);
    for (const { path, style, target } of rows) {
      if (!found.has(path) && newTargets({ style, target }, path, move) !== undefined) found.add(path);
    }
  };
  const names = new Set([...move.moved].flat().map(nameKey));
  for (const name of names) look('links.name_key', name);
  for (const path of move.moved.keys()) look('path', path);
  const cut = catalogue.sql.all<{ path: string }>(
    `SELECT path FROM files WHERE problem LIKE '%The note has more %links%'
     UNION SELECT path FROM links JOIN files ON id = file_id WHERE number = ?`,
    [limits.links - 1],
  );
  for (const { path } of cut) found.add(path);
  return found;
}

type Rewritten = Pick<MoveFile, 'links' | 'reason'>;

/**
 * Rewrites one file of a move that was cut off, unless that was done. What others changed since then was written for the vault
 * as it is: there only links that lead nowhere follow.
 */
function rewriteLate(context: VaultContext, move: Move, { path, hash, writing }: MoveFile, newPath: string): Rewritten {
  const now = context.catalogue.find(newPath)?.hash;
  const planned = writing === null ? undefined : (JSON.parse(writing) as FileWriting);
  if (planned !== undefined && now === planned.after) return { links: planned.links, reason: planned.reason };
  return rewriteFile(context, { ...move, onlyBroken: now !== hash }, path, newPath);
}

/** Rewrites one file, on its text of that moment: another program may have changed it since the catalogue was made. */
function rewriteFile(context: VaultContext, move: Move, oldPath: string, newPath: string): Rewritten {
  for (let attempt = 1; ; attempt++) {
    try {
      return kindOfPath(newPath) === fileKinds.canvas
        ? rewriteCanvasFile(context, move, oldPath, newPath)
        : rewriteNote(context, move, oldPath, newPath);
    } catch (error) {
      if (!(error instanceof NotesError)) throw error;
      if (attempt === tries || error.code !== 'conflict') return { links: 0, reason: error.message };
    }
  }
}

function rewriteNote(context: VaultContext, move: Move, oldPath: string, newPath: string): Rewritten {
  let rewritten: Rewritten = { links: 0, reason: null };
  changeNote(context, newPath, { beforeWriting: marking(context, oldPath, () => rewritten) }, (note) => {
    const { text, changes, lost } = rewriteLinks(note, ({ kind, target }) =>
      target === '' ? undefined : newTargets({ style: styleOf(kind), target }, oldPath, move),
    );
    const unread = note.links.length < limits.links ? '' : note.text.slice(note.links.at(-1)?.end);
    const reason = reasonOf(
      lost.map(({ target, line }) => `${quotePath(target)} in line ${line}`),
      isStale(unread, oldPath, move),
    );
    rewritten = { links: changes.length, reason };
    return text;
  });
  return rewritten;
}

function marking(context: VaultContext, path: string, rewritten: () => Rewritten) {
  return (after: string) =>
    keepMark(context, () => markWriting(context.catalogue.sql, path, { after, ...rewritten() }));
}

function rewriteCanvasFile(context: VaultContext, move: Move, oldPath: string, newPath: string): Rewritten {
  let rewritten: Rewritten = { links: 0, reason: null };
  const beforeWriting = marking(context, oldPath, () => rewritten);
  const saved = changeFile(context.bounds, newPath, { kind: 'any', beforeWriting }, (stored) => {
    context.source.enter(newPath, stored?.stats);
    const targetsOf = (link: LinkTarget) => newTargets(link, oldPath, move);
    const read = stored === undefined ? undefined : decodeText(stored.bytes);
    const canvas = read === undefined ? undefined : rewriteCanvas(read.text, targetsOf);
    if (read === undefined || canvas === undefined) {
      const links = readCanvasLinks(new TextDecoder().decode(stored?.bytes));
      const lost = links.filter((link) => targetsOf(link) !== undefined).map(({ target }) => quotePath(target));
      rewritten = { links: 0, reason: reasonOf(lost, false) };
      return stored?.bytes ?? new Uint8Array();
    }
    rewritten = { links: canvas.changed, reason: reasonOf(canvas.lost.map(quotePath), false) };
    return Buffer.from(read.hasMark ? `\ufeff${canvas.text}` : canvas.text);
  });
  if (saved.changed) recordChange(context, [saved.path]);
  return rewritten;
}

/** Whether text that was not read may have links that no longer lead where they led. */
function isStale(unread: string, oldPath: string, { moved }: Move): boolean {
  const newPath = moved.get(oldPath) ?? oldPath;
  if (unread === '' || moved.size > mostNames || folderOf(newPath) !== folderOf(oldPath)) return unread !== '';
  const text = unread.toLowerCase();
  return [...moved.keys()].map(nameKey).some((name) => text.includes(name) || text.includes(encodeURI(name)));
}

/**
 * What a link's target may be replaced by so that it leads where it led, the way of its writer first; empty when nothing
 * leads there, undefined when the target may stay or leads nowhere.
 */
function newTargets({ style, target }: LinkTarget, notePath: string, move: Move): string[] | undefined {
  const newNotePath = move.moved.get(notePath) ?? notePath;
  const led = move.before.resolve(style, target, notePath);
  if (led === undefined || (move.onlyBroken && move.after.resolve(style, target, newNotePath) !== undefined)) {
    return undefined;
  }
  const wanted = move.moved.get(led.path) ?? led.path;
  const wasExact = namesExactly(target, led.path);
  const leads = (candidate: string) => {
    const now = move.after.resolve(style, candidate, newNotePath);
    // A Markdown link that was relative stays so: other programs know no other way.
    const isSameWay = style !== 'markdown' || led.how !== 'relative' || now?.how === 'relative';
    return now?.path === wanted && isSameWay && (!wasExact || namesExactly(candidate, wanted));
  };
  if (leads(target)) return undefined;
  return spellings(style, target, { path: wanted, how: led.how }, newNotePath).filter(leads);
}

/** Whether a target names the file in the very case that the disk has, which other file systems and programs ask for. */
function namesExactly(target: string, path: string): boolean {
  const plain = (text: string) => `/${normalizeText(text).replace(/\.md$/i, '')}`;
  const named = target
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');
  return plain(path).endsWith(plain(named));
}

/** The ways to name a file, that of the link's writer first. */
function spellings(style: LinkStyle, target: string, { path, how }: Resolution, notePath: string): string[] {
  if (style === 'path') return [path];
  const named = isMarkdownName(path) && !isMarkdownName(target) ? path.slice(0, -3) : path;
  const relative = posix.relative(`/${folderOf(notePath)}`, `/${named}`);
  const dotted = relative.startsWith('.') ? relative : `./${relative}`;
  const relatives = target.startsWith('./') ? [dotted, relative] : [relative, dotted];
  const fromTop = target.startsWith('/') ? [`/${named}`] : [named, `/${named}`];
  if (how === 'relative') return [...relatives, ...fromTop];
  const isName = !target.includes('/') && (how === 'name' || style === 'wiki');
  if (isName) return [posix.basename(named), ...fromTop, ...relatives];
  return [...fromTop, ...relatives];
}

async function recordMove(context: VaultContext, moved: ReadonlyMap<string, string>): Promise<void> {
  const paths = [...moved].flat();
  for (let start = 0; start < paths.length; start += filesAtOnce) {
    recordChange(context, paths.slice(start, start + filesAtOnce));
    await yieldToCalls(() => false);
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
