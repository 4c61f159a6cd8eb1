import { posix } from 'node:path';
import { normalizeText } from '../../text.js';
import { folderOf, isMarkdownName } from '../files/note-path.js';
import type { LinkStyle, Resolution, Resolver } from './resolver.js';

/** What moves, and where links lead before and after it. */
export interface Move {
  /** Old paths with the new ones. */
  readonly moved: ReadonlyMap<string, string>;
  readonly before: Resolver;
  readonly after: Resolver;
  /** Links that lead somewhere stay. */
  readonly onlyBroken?: boolean;
}

export interface LinkTarget {
  readonly style: LinkStyle;
  readonly target: string;
}

/**
 * Returns what a link's target may be replaced by so that it leads where it led, the way of its writer first; empty when
 * nothing leads there, undefined when the target may stay or leads nowhere. `notePath` is the old path of its file.
 */
export function newTargets({ style, target }: LinkTarget, notePath: string, move: Move): string[] | undefined {
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
