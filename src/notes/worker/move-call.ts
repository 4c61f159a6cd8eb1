import { posix } from 'node:path';
import { normalizeText } from '../../text.js';
import { readCanvasLinks, rewriteCanvas } from '../catalogue/canvas.js';
import { fileKinds, kindOfPath } from '../catalogue/catalogue.js';
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
import { decodeText } from '../markdown/note-text.js';
import type { MoveChange, Moved } from '../notes.js';
import { changeNote } from './change-note.js';
import { namingNearest } from './read-calls.js';
import { breathe, recordChange, type VaultContext } from './vault-context.js';

const tries = 3;
const shownFiles = 200;
const filesAtOnce = 50;

/**
 * Moves or renames a note, an attachment or a folder and rewrites the links and canvas nodes that led to what moved, or
 * stand in it, so that each leads to the file that it led to before. Throws NotesError and nothing done; once the file is
 * moved, notes whose links could not be rewritten are `failed`.
 */
export async function moveFile(
  context: VaultContext,
  { from: fromPath, to: toPath, ifMatch }: MoveChange,
  isCancelled: () => boolean,
): Promise<Moved> {
  const { bounds, follower } = context;
  // The links to follow are those that the folder has now.
  await follower.scan();
  const letGo = follower.hold();
  try {
    await breathe(isCancelled);
    const renamed = namingNearest(context, fromPath, () => renameFile(bounds, fromPath, toPath, ifMatch));
    const { kind, from, to } = renamed;
    const moved = movedFiles(context, kind, from, to);
    const move = prepareMove(context, moved);
    const rewritten: { path: string; links: number }[] = [];
    const failed: { path: string; reason: string }[] = [];
    for (const path of filesToRewrite(context, move)) {
      const newPath = moved.get(path) ?? path;
      try {
        const { changed, lost } = rewriteFile(context, move, path, newPath);
        if (changed > 0) rewritten.push({ path: newPath, links: changed });
        if (lost.length > 0) failed.push({ path: newPath, reason: cannotBeWritten(lost) });
      } catch (error) {
        if (!(error instanceof NotesError)) throw error;
        failed.push({ path: newPath, reason: error.message });
      }
      // What was begun is brought to its end.
      await breathe(() => false);
    }
    await recordMove(context, moved);
    return {
      kind,
      from,
      to,
      files: moved.size,
      rewritten: rewritten.slice(0, shownFiles),
      totalRewritten: rewritten.length,
      failed: failed.slice(0, shownFiles),
      totalFailed: failed.length,
    };
  } finally {
    letGo();
  }
}

interface Move {
  /** Old paths with the new ones. */
  readonly moved: ReadonlyMap<string, string>;
  readonly before: Resolver;
  readonly after: Resolver;
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

function prepareMove({ catalogue }: VaultContext, moved: ReadonlyMap<string, string>): Move {
  return {
    moved,
    before: catalogue.resolver(),
    after: createResolver(afterMove(catalogue.lookup, moved)),
  };
}

/** The files with links that must change, by their old paths: those named like what moved, before or after, and those that moved. */
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
  return found;
}

interface Rewritten {
  readonly changed: number;
  /** Targets that cannot be written so that they lead where they led. */
  readonly lost: readonly string[];
}

/** Rewrites one file, on its text of that moment: another program may have changed it since the catalogue was made. */
function rewriteFile(context: VaultContext, move: Move, oldPath: string, newPath: string): Rewritten {
  for (let attempt = 1; ; attempt++) {
    try {
      return kindOfPath(newPath) === fileKinds.canvas
        ? rewriteCanvasFile(context, move, oldPath, newPath)
        : rewriteNote(context, move, oldPath, newPath);
    } catch (error) {
      if (attempt === tries || !(error instanceof NotesError && error.code === 'conflict')) throw error;
    }
  }
}

function rewriteNote(context: VaultContext, move: Move, oldPath: string, newPath: string): Rewritten {
  let rewritten: Rewritten = { changed: 0, lost: [] };
  changeNote(context, newPath, {}, (before) => {
    if (before === undefined) return '';
    const { text, changes, lost } = rewriteLinks(before.note, ({ kind, target }) =>
      target === '' ? undefined : newTargets({ style: styleOf(kind), target }, oldPath, move),
    );
    rewritten = {
      changed: changes.length,
      lost: lost.map(({ target, line }) => `${quotePath(target)} in line ${line}`),
    };
    return text;
  });
  return rewritten;
}

function rewriteCanvasFile(context: VaultContext, move: Move, oldPath: string, newPath: string): Rewritten {
  let changed = 0;
  const lost: string[] = [];
  const saved = changeFile(context.bounds, newPath, { kind: 'any' }, (stored) => {
    const targetsOf = (link: LinkTarget) => newTargets(link, oldPath, move);
    const read = stored === undefined ? undefined : decodeText(stored.bytes);
    const rewritten = read === undefined ? undefined : rewriteCanvas(read.text, targetsOf);
    if (read === undefined || rewritten === undefined) {
      const links = readCanvasLinks(new TextDecoder().decode(stored?.bytes));
      lost.push(...links.filter((link) => targetsOf(link) !== undefined).map(({ target }) => quotePath(target)));
      return stored?.bytes ?? new Uint8Array();
    }
    changed = rewritten.changed;
    lost.push(...rewritten.lost.map(quotePath));
    return Buffer.from(read.hasMark ? `\ufeff${rewritten.text}` : rewritten.text);
  });
  if (saved.changed) recordChange(context, [saved.path]);
  return { changed, lost };
}

/**
 * What a link's target may be replaced by so that it leads where it led, the way of its writer first; empty when nothing
 * leads there, undefined when the target may stay or leads nowhere.
 */
function newTargets({ style, target }: LinkTarget, notePath: string, move: Move): string[] | undefined {
  const newNotePath = move.moved.get(notePath) ?? notePath;
  const led = move.before.resolve(style, target, notePath);
  if (led === undefined) return undefined;
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
    await breathe(() => false);
  }
}

function cannotBeWritten(lost: readonly string[]): string {
  const shown = lost.slice(0, 20).join(', ');
  return `The new name cannot be written where the link stands (${shown}): change it by hand, in quotes if it is in the frontmatter.`;
}
