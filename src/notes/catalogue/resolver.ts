import { posix } from 'node:path';
import { normalizeText } from '../../text.js';
import { folderOf, foldPath, isMarkdownName, nameOf } from '../files/note-path.js';
import type { LinkKind } from '../markdown/note.js';

/** How a link names a file: as Markdown and HTML do, as wikilinks do, or by its whole path as a canvas does. */
export type LinkStyle = 'markdown' | 'wiki' | 'path';

/** A link's target names a file from its own folder, from the top of the vault, or by a name that is looked for. */
export type Resolution = { readonly path: string; readonly how: 'relative' | 'top' | 'name' };

/** The files of the vault, by folded paths and names. */
export interface FileLookup {
  /** The paths that fold to this one. */
  at(pathKey: string): readonly string[];
  /** The paths of the files whose name has this key, see `nameKey`. */
  named(nameKey: string): readonly string[];
}

export interface Resolver {
  resolve(style: LinkStyle, target: string, fromPath: string): Resolution | undefined;
}

/** What a file, or a link to it, is looked for by: its folded name, a note's without `.md`. */
export function nameKey(path: string): string {
  return foldPath(nameOf(path)).replace(/\.md$/, '');
}

/** How links of this kind name files. */
export function styleOf(kind: LinkKind): LinkStyle {
  return kind === 'wiki' || kind === 'embed' ? 'wiki' : 'markdown';
}

/**
 * Returns the lookup over these files, by the rules that editors share: Markdown links are relative to their note, then
 * from the top; wikilinks from the top, then by name, a file beside the note first, then the shortest path. `.md` may be left
 * out; case and Unicode form count only when a file of exactly that name exists. What it finds is remembered.
 */
export function createResolver(lookup: FileLookup): Resolver {
  const known = new Map<string, Resolution | undefined>();
  const names = new Map<string, Named>();

  function namedAs(key: string): Named {
    let named = names.get(key);
    if (named === undefined) {
      named = sortByFolder(lookup.named(key));
      names.set(key, named);
    }
    return named;
  }

  function atPath(path: string): string | undefined {
    for (const candidate of candidates(path)) {
      const found = lookup.at(foldPath(candidate));
      const exact = found.find((each) => normalizeText(each) === normalizeText(candidate));
      if (found.length > 0) return exact ?? found[0];
    }
    return undefined;
  }

  function byName(target: string, folder: string): string | undefined {
    for (const candidate of candidates(target)) {
      const wanted = foldPath(candidate);
      const { byFolder, sorted } = namedAs(nameKey(candidate));
      const fits = (path: string) => {
        const folded = foldPath(path);
        return folded === wanted || folded.endsWith(`/${wanted}`);
      };
      const found = byFolder.get(folder)?.find(fits) ?? sorted.find(fits);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  function find(style: LinkStyle, target: string, folder: string): Resolution | undefined {
    const found = (path: string | undefined, how: Resolution['how']) =>
      path === undefined ? undefined : { path, how };
    const relative = () => found(atPath(posix.join(folder, target)), 'relative');
    const top = () => found(atPath(posix.normalize(target.replace(/^\/+/, ''))), 'top');
    const name = () => found(byName(target, folder), 'name');
    if (style === 'path' || target.startsWith('/')) return top();
    if (/^\.{1,2}\//.test(target)) return relative();
    return style === 'markdown' ? (relative() ?? top() ?? name()) : (top() ?? name());
  }

  return {
    resolve(style, target, fromPath) {
      if (target === '') return undefined;
      const folder = folderOf(fromPath);
      const key = `${style}\0${target}\0${folder}`;
      if (known.has(key)) return known.get(key);
      const resolution = find(style, target, folder);
      if (known.size < maxKnown) known.set(key, resolution);
      return resolution;
    },
  };
}

const maxKnown = 100_000;

/** Returns the lookup as it is when these files have moved. */
export function afterMove(lookup: FileLookup, moved: ReadonlyMap<string, string>): FileLookup {
  const at = groupBy(moved.values(), foldPath);
  const named = groupBy(moved.values(), nameKey);
  const stay = (paths: readonly string[]) => paths.filter((path) => !moved.has(path));
  return {
    at: (key) => [...stay(lookup.at(key)), ...(at.get(key) ?? [])],
    named: (key) => [...stay(lookup.named(key)), ...(named.get(key) ?? [])],
  };
}

/** The shortest path first. */
interface Named {
  readonly byFolder: ReadonlyMap<string, readonly string[]>;
  readonly sorted: readonly string[];
}

function sortByFolder(paths: readonly string[]): Named {
  const sorted = [...paths].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return { byFolder: groupBy(sorted, folderOf), sorted };
}

function groupBy(paths: Iterable<string>, keyOf: (path: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const group = groups.get(keyOf(path));
    if (group === undefined) groups.set(keyOf(path), [path]);
    else group.push(path);
  }
  return groups;
}

function candidates(target: string): readonly string[] {
  return isMarkdownName(target) ? [target] : [`${target}.md`, target];
}
