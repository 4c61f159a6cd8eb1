import * as z from 'zod';
import { oneLine } from '../../foreign-text.js';
import type { NoteSummary } from '../../notes/notes.js';
import { count } from '../../words.js';
import { datedLine, noteLine } from '../note-lines.js';
import { isoTime, pathLine } from '../text.js';
import { defineTool } from '../tool.js';

const shownActive = 30;
const shownDomains = 50;
const shownProblems = 10;

const listed = z.array(z.object({ path: z.string(), title: z.string() }));

export const vaultSummary = defineTool({
  name: 'vault_summary',
  title: 'Summarise the vault',
  description:
    'Overview of the vault: counts by domain and status, active notes, and the ten notes that were modified last.',
  effect: 'reads',
  idempotent: true,
  overAllNotes: true,
  input: z.object({}),
  output: z.object({
    total: z.number(),
    by_domain: z.record(z.string(), z.number()),
    by_status: z.record(z.string(), z.number()).describe('"None" counts notes without a status'),
    active: listed.describe(`At most ${shownActive}`),
    recent: z.array(z.object({ path: z.string(), title: z.string(), modified: z.string() })),
    problems: z.array(z.object({ path: z.string(), problem: z.string() })).describe(`At most ${shownProblems}`),
  }),
  async run(_args, { notes, signal }) {
    const summary = await notes.summary(signal);
    const active = summary.active.slice(0, shownActive);
    const domains = summary.byDomain.slice(0, shownDomains);
    const problems = summary.problems.slice(0, shownProblems);
    const data = {
      total: summary.total,
      by_domain: countsByName(domains),
      by_status: countsByName(summary.byStatus),
      active: active.map(titled),
      recent: summary.recent.map((note) => ({ ...titled(note), modified: isoTime(note.modifiedMs) })),
      problems: problems.map(({ path, problem = '' }) => ({ path, problem: oneLine(problem, 200) })),
    };
    const text = [
      `${count(summary.total, 'note')} in the vault, ${count(summary.attachments, 'other file')}.`,
      section('By domain', rows(domains), summary.byDomain.length),
      section('By status', rows(summary.byStatus), summary.byStatus.length),
      section('Active', active.map(noteLine), summary.totalActive),
      section('Last modified', summary.recent.map(datedLine), summary.recent.length),
      section('Problems', data.problems.map(problemLine), summary.totalProblems),
    ];
    return { data, text: text.filter((part) => part !== '').join('\n\n') };
  },
});

function section(name: string, lines: readonly string[], total: number): string {
  if (lines.length === 0) return '';
  const head = lines.length < total ? `${name} (first ${lines.length} of ${total}):` : `${name}:`;
  return [head, ...lines.map((line) => `- ${line}`)].join('\n');
}

function problemLine({ path, problem }: { path: string; problem: string }): string {
  return `${pathLine(path)}: ${problem}`;
}

type Count = { readonly name: string; readonly notes: number };

function rows(counts: readonly Count[]): string[] {
  return counts.map(({ name, notes }) => `${oneLine(name, 200)}: ${notes}`);
}

function countsByName(counts: readonly Count[]): Record<string, number> {
  return Object.fromEntries(counts.map(({ name, notes }) => [oneLine(name, 200), notes]));
}

function titled({ path, title }: NoteSummary): { path: string; title: string } {
  return { path, title: oneLine(title, 200) };
}
