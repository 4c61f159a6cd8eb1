import { posix } from 'node:path';
import { folderOf, type LinkTargets, type Resolution } from './link-targets.js';
import { type Link, readLinks } from './links.js';
import { isMarkdownName } from './note-path.js';
import { escapeScalar } from './yaml-scalars.js';

/** A move of one file, with the files of the vault before and after it. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly before: LinkTargets;
  readonly after: LinkTargets;
}

/** True when a note with these links must be rewritten after the move. */
export function needsRewriting(links: readonly Link[], notePath: string, move: Move): boolean {
  return links.some((link) => newTarget(link, notePath, move) !== undefined);
}

export interface RewrittenText {
  readonly text: string;
  /** How many links were changed. */
  readonly changed: number;
  /** Those that cannot be written so that they lead where they led. */
  readonly lost: readonly Link[];
}

/**
 * Returns the text of the note that stood at `notePath` before the move, with every link leading to the file that it led
 * to before. Aliases, headings and the way of writing a link stay.
 */
export function rewriteLinks(text: string, notePath: string, move: Move): RewrittenText {
  const pieces: string[] = [];
  const lost: Link[] = [];
  let copied = 0;
  let changed = 0;
  for (const link of readLinks(text)) {
    const target = newTarget(link, notePath, move);
    if (target === undefined) continue;
    if (target === impossible) {
      lost.push(link);
      continue;
    }
    pieces.push(text.slice(copied, link.start), target);
    copied = link.end;
    changed++;
  }
  pieces.push(text.slice(copied));
  return { text: pieces.join(''), changed, lost };
}

/** A link must change, but nothing that may stand in its place leads to the file. */
const impossible = Symbol('impossible');

/** What the link's target is replaced by; undefined when it may stay. */
function newTarget(link: Link, notePath: string, move: Move): string | typeof impossible | undefined {
  const newNotePath = notePath === move.from ? move.to : notePath;
  const led = move.before.resolve(link, notePath);
  if (led === undefined) return unknownTarget(link, notePath, newNotePath);
  const wanted: Resolution = { path: led.path === move.from ? move.to : led.path, how: led.how };
  const leads = (target: string) => {
    const now = move.after.resolve({ kind: link.kind, target }, newNotePath);
    // A Markdown link that was relative stays so: other programs know no other way.
    return now?.path === wanted.path && (link.kind === 'wikilink' || led.how !== 'relative' || now.how === 'relative');
  };
  if (leads(link.target)) return undefined;
  for (const target of spellings(link, wanted, newNotePath)) {
    const text = leads(target) ? written(link, target) : undefined;
    if (text !== undefined) return text;
  }
  return impossible;
}

/** The ways to name a file, that of the link's writer first. */
function spellings(link: Link, { path, how }: Resolution, notePath: string): string[] {
  const named = isMarkdownName(path) && !isMarkdownName(link.target) ? path.slice(0, -3) : path;
  const relative = posix.relative(`/${folderOf(notePath)}`, `/${named}`);
  const dotted = relative.startsWith('.') ? relative : `./${relative}`;
  const relatives = link.target.startsWith('./') ? [dotted, relative] : [relative, dotted];
  const fromTop = link.target.startsWith('/') ? [`/${named}`] : [named, `/${named}`];
  if (how === 'relative') return [...relatives, ...fromTop];
  const isName = !link.target.includes('/') && (how === 'name' || link.kind === 'wikilink');
  if (isName) return [posix.basename(named), ...fromTop, ...relatives];
  return [...fromTop, ...relatives];
}

/** A relative link to what the vault does not list (a hidden folder's image) still means the same file from a new folder. */
function unknownTarget(link: Link, notePath: string, newNotePath: string): string | undefined {
  const [folder, newFolder] = [folderOf(notePath), folderOf(newNotePath)];
  if (link.kind === 'wikilink' || link.target.startsWith('/') || folder === newFolder) return undefined;
  const path = posix.join(folder, link.target);
  return path.startsWith('..') ? undefined : written(link, posix.relative(`/${newFolder}`, `/${path}`));
}

/** A target as it stands in the text. */
function written(link: Link, target: string): string | undefined {
  if (link.kind === 'wikilink') {
    if (/[[\]|#\r\n]/.test(target)) return undefined;
    return link.yaml === undefined ? target : escapeScalar(target, link.yaml);
  }
  const safe = /^[a-z][a-z0-9+.-]*:/i.test(target) ? `./${target}` : target;
  if (link.isBracketed) return safe.replace(/[<>%#\r\n]/g, encodeCharacter);
  return link.isEncoded
    ? encodeURI(safe).replace(/[()#?]/g, encodeCharacter)
    : safe.replace(/[\s()<>%#?\\]/g, encodeCharacter);
}

function encodeCharacter(character: string): string {
  const encoded = encodeURIComponent(character);
  return encoded === character ? `%${character.charCodeAt(0).toString(16).toUpperCase()}` : encoded;
}
