import type { Catalogue } from './catalogue.js';
import { createLinkTargets } from './link-targets.js';
import { readLinks } from './links.js';
import type { Backlink, NoteSummary, OutgoingLink } from './vault.js';

/** Returns where the links of the note at `path` lead. */
export function outgoingLinks(catalogue: Catalogue, path: string, text: string): OutgoingLink[] {
  const targets = targetsOf(catalogue);
  return readLinks(text).map((link) => ({
    target: link.target,
    anchor: link.anchor,
    line: link.line,
    path: targets.resolve(link, path)?.path,
  }));
}

/** Returns the links of other notes to the note at `path`. */
export function backlinks(catalogue: Catalogue, path: string): Backlink[] {
  const targets = targetsOf(catalogue);
  return catalogue.entries
    .filter((entry) => entry.path !== path)
    .flatMap((entry) =>
      entry.links
        .filter((link) => targets.resolve(link, entry.path)?.path === path)
        .map(({ line, anchor }) => ({ path: entry.path, title: entry.metadata.title, line, anchor })),
    );
}

/** Returns the tags of all notes, most used first, then by name; the spelling is the one met first. */
export function countTags(notes: readonly NoteSummary[]): { tag: string; notes: number }[] {
  const counts = new Map<string, { tag: string; notes: number }>();
  for (const tag of notes.flatMap(({ metadata }) => metadata.tags)) {
    const counted = counts.get(tag.toLowerCase());
    if (counted === undefined) counts.set(tag.toLowerCase(), { tag, notes: 1 });
    else counted.notes++;
  }
  return [...counts.values()].sort((a, b) => b.notes - a.notes || (a.tag < b.tag ? -1 : 1));
}

/** Returns the notes changed since `sinceMs`, newest first, at most `limit`. */
export function recentNotes(notes: readonly NoteSummary[], limit: number, sinceMs = 0): NoteSummary[] {
  return notes
    .filter(({ modifiedMs }) => modifiedMs >= sinceMs)
    .sort((a, b) => b.modifiedMs - a.modifiedMs || (a.path < b.path ? -1 : 1))
    .slice(0, limit);
}

function targetsOf({ entries, attachments }: Catalogue) {
  return createLinkTargets([...entries.map(({ path }) => path), ...attachments]);
}
