import { foldPath, nameOf } from '../files/note-path.js';
import type { Link } from '../markdown/note.js';
import type { NoteLinks, OutgoingLink } from '../notes.js';
import type { Catalogue } from './catalogue.js';
import { type LinkStyle, nameKey, styleOf } from './resolver.js';

interface NamedFile extends Pick<OutgoingLink, 'target' | 'anchor' | 'line'> {
  readonly style: LinkStyle;
}

/**
 * Returns where the links of a file lead, in order, and the links of notes and canvases to it, by path and line; each with how
 * many there are. `written` are those of a note; a canvas has those that the catalogue knows.
 */
export function linksOfFile(
  catalogue: Catalogue,
  path: string,
  written: readonly Link[] | undefined,
  limit: number,
): NoteLinks {
  const resolver = catalogue.resolver();
  const named =
    written?.filter(({ target }) => target !== '').map((link) => ({ ...link, style: styleOf(link.kind) })) ??
    catalogue.sql.all<NamedFile>(
      'SELECT style, target, anchor, line FROM links JOIN files ON id = file_id WHERE path = ? ORDER BY number',
      [path],
    );
  const links = named.slice(0, limit).map(({ style, target, anchor, line }) => {
    const led = resolver.resolve(style, target, path)?.path;
    const link = { target: target.slice(0, 500), anchor: anchor.slice(0, 500), line };
    return led === undefined ? link : { ...link, path: led };
  });
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
  return { path, links, totalLinks: named.length, backlinks, totalBacklinks: leading.length };
}
