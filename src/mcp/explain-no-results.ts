import { oneLine } from '../foreign-text.js';
import type { NoteFilter, Notes } from '../notes/notes.js';
import { listLine } from './text.js';

const nearest = 8;

/** Says that no note matches and, for each filter that may be the reason, what there is instead. */
export async function explainNoResults(filter: NoteFilter, notes: Notes): Promise<string> {
  const { folder, domain, status, tag, where = {} } = filter;
  const place = folder ?? domain;
  const lines = await Promise.all([
    ...Object.keys(where).map((name) => missingProperty(notes, name)),
    place === undefined ? undefined : alternatives(notes, 'folder', place),
    status === undefined ? undefined : alternatives(notes, 'status', status),
    tag === undefined ? undefined : alternatives(notes, 'tag', tag.replace(/^#/, '')),
  ]);
  return ['No note matches.', ...lines.filter((line) => line !== undefined)].join('\n');
}

async function missingProperty(notes: Notes, name: string): Promise<string | undefined> {
  const { total } = await notes.list({ where: { [name]: '*' }, limit: 1 });
  return total === 0 ? `No note has a property "${oneLine(name, 100)}".` : undefined;
}

async function alternatives(
  notes: Notes,
  what: 'folder' | 'status' | 'tag',
  value: string,
): Promise<string | undefined> {
  const near = await notes.complete({ what, value });
  if (near.values.some((found) => found.toLowerCase() === value.toLowerCase())) return undefined;
  const { values, total } = near.total > 0 ? near : await notes.complete({ what, value: '' });
  const there = total === 0 ? 'none' : listLine(values, total, nearest);
  // It may be there: such names are left out of lists.
  const kind = what === 'folder' && /(?:^|\/)_/.test(value) ? 'listed folder' : what;
  return `There is no ${kind} "${oneLine(value, 100)}"; ${near.total > 0 ? 'similar' : 'there are'}: ${there}`;
}
