import { editDistance, foldText } from '../../text.js';

const maxShown = 5;
const maxNameLength = 60;

/**
 * Returns up to five of the paths, the likeliest first, that a wrong path may have meant: the same name in another folder,
 * in another case, without accents or ending, a name that holds it or is held by it, and one that differs by few letters.
 */
export function nearestPaths(wanted: string, paths: Iterable<string>): string[] {
  const name = nameKey(wanted);
  const folder = folderKey(wanted);
  if (name === '') return [];
  const found: { path: string; distance: number }[] = [];
  for (const path of paths) {
    const distance = distanceOf(name, nameKey(path));
    if (distance === Number.POSITIVE_INFINITY) continue;
    found.push({ path, distance: folderKey(path) === folder ? distance : distance + 0.5 });
  }
  found.sort((a, b) => a.distance - b.distance || (a.path < b.path ? -1 : 1));
  return found.slice(0, maxShown).map(({ path }) => path);
}

/** 0 for the same name, 1 for one within the other, and more for each letter that differs. */
function distanceOf(wanted: string, name: string): number {
  if (name === wanted) return 0;
  if (wanted.length >= 3 && name.length >= 3 && (name.includes(wanted) || wanted.includes(name))) return 1;
  const allowed = Math.min(2, Math.floor(wanted.length / 4));
  const edits = Math.abs(name.length - wanted.length) > allowed ? allowed + 1 : editDistance(wanted, name, allowed);
  return edits > allowed ? Number.POSITIVE_INFINITY : 1 + edits;
}

function nameKey(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.[a-z\d]{1,8}$/i, '');
  return foldText(name.slice(-maxNameLength).replace(/[_.-]+/g, ' '));
}

function folderKey(path: string): string {
  return foldText(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
}
