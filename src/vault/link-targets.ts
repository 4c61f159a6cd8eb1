import { posix } from 'node:path';
import type { Link } from './links.js';
import { isMarkdownName } from './note-path.js';

/** How a link's target names a file: from the note's folder, from the top of the vault, or by a name that is looked for. */
export type Resolution = { readonly path: string; readonly how: 'relative' | 'top' | 'name' };

/** Finds files by what a link calls them. */
export interface LinkTargets {
  resolve(link: Pick<Link, 'kind' | 'target'>, fromPath: string): Resolution | undefined;
}

/**
 * Returns the lookup over these paths, by the rules that editors share: Markdown links are relative to their note, then
 * from the top; wikilinks from the top, then by name, a file beside the note first, then the shortest path. `.md` may be left
 * out; case and Unicode form count only when a file of exactly that name exists.
 */
export function createLinkTargets(paths: Iterable<string>): LinkTargets {
  const exact = new Map<string, string>();
  const folded = new Map<string, string>();
  const byName = new Map<string, string[]>();
  for (const path of paths) {
    exact.set(path.normalize('NFC'), path);
    if (!folded.has(fold(path))) folded.set(fold(path), path);
    const name = fold(posix.basename(path));
    const named = byName.get(name);
    if (named === undefined) byName.set(name, [path]);
    else named.push(path);
  }

  const atPath = (path: string) => {
    const candidates = isMarkdownName(path) ? [path] : [`${path}.md`, path];
    for (const candidate of candidates) {
      const found = exact.get(candidate.normalize('NFC')) ?? folded.get(fold(candidate));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const byLookup = (target: string, folder: string) => {
    for (const candidate of isMarkdownName(target) ? [target] : [`${target}.md`, target]) {
      const wanted = fold(candidate);
      const named = (byName.get(posix.basename(wanted)) ?? []).filter(
        (path) => !wanted.includes('/') || fold(path).endsWith(`/${wanted}`),
      );
      const beside = named.find((path) => folderOf(path) === folder);
      const found = beside ?? named.reduce<string | undefined>(shorterPath, undefined);
      if (found !== undefined) return found;
    }
    return undefined;
  };

  return {
    resolve({ kind, target }, fromPath) {
      const folder = folderOf(fromPath);
      const isDotted = /^\.{1,2}\//.test(target);
      const found = (path: string | undefined, how: Resolution['how']) =>
        path === undefined ? undefined : { path, how };
      const relative = () => found(atPath(posix.join(folder, target)), 'relative');
      const top = () => found(atPath(posix.normalize(target.replace(/^\/+/, ''))), 'top');
      const name = () => found(byLookup(target, folder), 'name');
      if (target.startsWith('/')) return top();
      if (isDotted) return relative();
      return kind === 'markdown' ? (relative() ?? top() ?? name()) : (top() ?? name());
    },
  };
}

/** The folder of a path, empty at the top. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

function shorterPath(best: string | undefined, path: string): string {
  if (best === undefined || path.length < best.length) return path;
  return path.length === best.length && path < best ? path : best;
}
