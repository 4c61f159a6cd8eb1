import { shownName } from '../state/rules/about-client.js';
import type { Totals } from '../state/rules/summary.js';
import type { ClientRecord } from '../state/schema.js';
import { count, listWords } from '../words.js';

/** The version of the --json outputs, raised when a member changes its meaning or goes; vault-mcp-state(5) has the members. */
export const jsonVersion = 1;

const nouns: readonly [keyof Totals, noun: string][] = [
  ['clients', 'client'],
  ['grants', 'grant'],
  ['access_tokens', 'access token'],
  ['refresh_tokens', 'refresh token'],
];

/** Returns the counts in words: `2 grants and 1 access token`, or `nothing`; `withZeros` names all four. */
export function describeTotals(totals: Totals, withZeros = false): string {
  const parts = nouns.filter(([key]) => withZeros || totals[key] > 0).map(([key, noun]) => count(totals[key], noun));
  return parts.length === 0 ? 'nothing' : listWords(parts);
}

/** Returns a client's name in quotation marks. */
export function quotedName(client: ClientRecord | undefined): string {
  const name = shownName(client);
  return name === undefined ? '(no name)' : `"${name}"`;
}
