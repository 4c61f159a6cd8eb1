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
  let worst = Number.POSITIVE_INFINITY;
  for (const path of paths) {
    const distance = distanceOf(name, nameKey(path)) + (folderKey(path) === folder ? 0 : 0.5);
    if (distance >= worst || distance > 3.5) continue;
    found.push({ path, distance });
    if (found.length < maxShown * 8) continue;
    shorten(found);
    worst = found.at(-1)?.distance ?? worst;
  }
  return shorten(found).map(({ path }) => path);
}

function shorten(found: { path: string; distance: number }[]): typeof found {
  found.sort((a, b) => a.distance - b.distance || (a.path < b.path ? -1 : 1));
  found.length = Math.min(found.length, maxShown);
  return found;
}

/** 0 for the same name, 1 for one within the other, and more for each letter that differs. */
function distanceOf(wanted: string, name: string): number {
  if (name === wanted) return 0;
  if (wanted.length >= 3 && name.length >= 3 && (name.includes(wanted) || wanted.includes(name))) return 1;
  const allowed = Math.min(2, Math.floor(wanted.length / 4));
  const edits = Math.abs(name.length - wanted.length) > allowed ? allowed + 1 : countEdits(wanted, name, allowed);
  return edits > allowed ? Number.POSITIVE_INFINITY : 1 + edits;
}

/** The letters to change, add, leave out or swap with the next to make `b` of `a`, or more than `most`. */
function countEdits(a: string, b: string, most: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (beforeLast[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(changed, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    if (Math.min(...row) > most && Math.min(...last) > most) return most + 1;
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

function nameKey(path: string): string {
  return fold(path.slice(path.lastIndexOf('/') + 1).replace(/\.[a-z\d]{1,8}$/i, ''))
    .replace(/[\s_.-]+/g, ' ')
    .trim();
}

function folderKey(path: string): string {
  return fold(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
}

function fold(text: string): string {
  const end = text.slice(-maxNameLength).toLowerCase();
  return /[^ -~]/.test(end) ? end.normalize('NFD').replace(/\p{M}/gu, '') : end;
}
