import { foldPath, nameOf } from '../files/note-path.js';
import type { ParsedNote } from '../markdown/note.js';
import type { NoteLinks, OutgoingLink } from '../notes.js';
import type { Catalogue } from './catalogue.js';
import { type LinkStyle, nameKey, styleOf } from './resolver.js';

interface NamedFile extends Pick<OutgoingLink, 'target' | 'anchor' | 'line'> {
  readonly style: LinkStyle;
}

/** Where the links of a note lead, in order, with how many there are. */
export function outgoingLinks(catalogue: Catalogue, path: string, note: ParsedNote, limit: number): Outgoing {
  const links = note.links.filter(({ target }) => target !== '');
  return follow(
    catalogue,
    path,
    links.map(({ kind, target, anchor, line }) => ({ style: styleOf(kind), target, anchor, line })),
    limit,
  );
}

/** The same for a file whose links are known to the catalogue alone: a canvas. */
export function canvasLinks(catalogue: Catalogue, path: string, limit: number): Outgoing {
  const links = catalogue.sql.all<NamedFile>(
    'SELECT style, target, anchor, line FROM links JOIN files ON id = file_id WHERE path = ? ORDER BY number',
    [path],
  );
  return follow(catalogue, path, links, limit);
}

type Outgoing = Pick<NoteLinks, 'links' | 'totalLinks'>;

function follow(catalogue: Catalogue, from: string, named: readonly NamedFile[], limit: number): Outgoing {
  const resolver = catalogue.resolver();
  const links = named.slice(0, limit).map(({ style, target, anchor, line }) => {
    const path = resolver.resolve(style, target, from)?.path;
    const link = { target: target.slice(0, 500), anchor: anchor.slice(0, 500), line };
    return path === undefined ? link : { ...link, path };
  });
  return { links, totalLinks: named.length };
}

/** The links of other notes and of canvases to a file, by path and line, with how many there are. */
export function incomingLinks(
  catalogue: Catalogue,
  path: string,
  limit: number,
): Pick<NoteLinks, 'backlinks' | 'totalBacklinks'> {
  const resolver = catalogue.resolver();
  const names = new Set([nameKey(path), foldPath(nameOf(path))]);
  const rows = catalogue.sql.all<NamedFile & { path: string; title: string | null }>(
    `SELECT path, title, style, target, anchor, line FROM links JOIN files ON id = file_id
     WHERE links.name_key IN (${[...names].map(() => '?').join(', ')}) AND listed = 1 AND path <> ? ORDER BY path, number`,
    [...names, path],
  );
  const leading = rows.filter((row) => resolver.resolve(row.style, row.target, row.path)?.path === path);
  const backlinks = leading.slice(0, limit).map(({ path: from, title, line, anchor }) => {
    return { path: from, title: title ?? nameOf(from), line, anchor: anchor.slice(0, 500) };
  });
  return { backlinks, totalBacklinks: leading.length };
}
