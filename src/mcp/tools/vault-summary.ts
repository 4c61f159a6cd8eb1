import * as z from 'zod';
import { count, isoTime, oneLine } from '../text.js';
import { defineTool } from '../tool.js';

const shownActive = 50;
const shownRecent = 10;

export const vaultSummary = defineTool({
  name: 'vault_summary',
  title: 'Summarise the vault',
  description: 'Overview of the vault: counts by domain and status, active notes, the ten last modified.',
  effect: 'reads',
  idempotent: true,
  input: z.object({}),
  output: z.object({
    total: z.number(),
    by_domain: z.record(z.string(), z.number()),
    by_status: z.record(z.string(), z.number()).describe('"None" counts notes without a status'),
    active: z.array(z.object({ path: z.string(), title: z.string() })).describe(`At most ${shownActive}`),
    recent: z.array(z.object({ path: z.string(), title: z.string(), modified: z.string() })),
  }),
  async run(_args, { vault }) {
    const notes = (await vault.catalogue()).map(({ path, modifiedMs, metadata }) => ({
      path,
      modifiedMs,
      ...metadata,
    }));
    const allActive = notes.filter(({ status }) => status === 'Active');
    const active = allActive.slice(0, shownActive).map(({ path, title }) => ({ path, title: oneLine(title) }));
    const recent = notes
      .toSorted((a, b) => b.modifiedMs - a.modifiedMs)
      .slice(0, shownRecent)
      .map(({ path, title, modifiedMs }) => ({ path, title: oneLine(title), modified: isoTime(modifiedMs) }));
    const data = {
      total: notes.length,
      by_domain: countBy(notes.map(({ domain }) => domain)),
      by_status: countBy(notes.map(({ status }) => status ?? 'None')),
      active,
      recent,
    };
    const rows = (counts: Record<string, number>) =>
      Object.entries(counts).map(([name, amount]) => `- ${oneLine(name)}: ${amount}`);
    const text = [
      `${count(notes.length, 'note')} in the vault.`,
      '',
      'By domain:',
      ...rows(data.by_domain),
      '',
      'By status:',
      ...rows(data.by_status),
      '',
      allActive.length > active.length ? `Active (first ${active.length} of ${allActive.length}):` : 'Active:',
      ...active.map(({ path, title }) => `- ${oneLine(path, 4096)}: ${title}`),
      '',
      'Last modified:',
      ...recent.map(({ path, title, modified }) => `- ${modified} ${oneLine(path, 4096)}: ${title}`),
    ].join('\n');
    return { data, text };
  },
});

/** Counts equal names, the most frequent first. */
function countBy(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
}
