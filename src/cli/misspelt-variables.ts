import { editDistance } from '../text.js';
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
