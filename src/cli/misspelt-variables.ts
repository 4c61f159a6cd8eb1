import type { Environment } from './serve-settings.js';

/** Prefixes that are ours: whatever begins with them and is unknown has no effect, which should be said. */
const owned = /^(OAUTH|VAULT|MCP)_/;
/** Others use these prefixes too: only what is nearly one of ours is named. */
const shared = /^(SERVER|LOG|RATE|CF)_/;

/** Returns a sentence for each set variable that looks like one of the `known` settings and is none. */
export function misspeltVariables(env: Environment, known: readonly string[]): string[] {
  const names = new Set(known);
  return Object.keys(env)
    .filter((name) => env[name] !== undefined && env[name] !== '' && !names.has(name))
    .flatMap((name) => {
      if (!owned.test(name) && !shared.test(name)) return [];
      const similar = nearest(name, known);
      if (similar !== undefined) return [`${name} is not a setting: did you mean ${similar}?`];
      return owned.test(name) ? [`${name} is not a setting, and has no effect`] : [];
    })
    .sort();
}

function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(4, Math.ceil(name.length / 4));
  for (const candidate of known) {
    const isPart = candidate.startsWith(`${name}_`) || name.startsWith(`${candidate}_`);
    const distance = isPart ? 1 : editDistance(name, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [[...Array(b.length + 1).keys()]];
  const cost = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i += 1) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      (rows[i] as number[])[j] = Math.min(
        cost(i - 1, j) + 1,
        cost(i, j - 1) + 1,
        cost(i - 1, j - 1) + changed,
        isSwap ? cost(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return cost(a.length, b.length);
}
