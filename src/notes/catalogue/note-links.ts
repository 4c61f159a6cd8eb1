import { foldPath, nameOf } from '../files/note-path.js';
import type { ParsedNote } from '../markdown/note.js';
import type { Backlink, OutgoingLink } from '../notes.js';
import type { Catalogue } from './catalogue.js';
import { type LinkStyle, nameKey, styleOf } from './resolver.js';

/** Where the links of a note lead, in order, with how many there are. */
export function outgoingLinks(
  catalogue: Catalogue,
  path: string,
  note: ParsedNote,
  limit: number,
): { links: OutgoingLink[]; total: number } {
  const resolver = catalogue.resolver();
  const links = note.links.filter(({ target }) => target !== '');
  return {
    links: links
      .slice(0, limit)
      .map((link) => outgoing(link, resolver.resolve(styleOf(link.kind), link.target, path)?.path)),
    total: links.length,
  };
}

/** The same for a file whose links are known to the catalogue alone: a canvas. */
export function canvasLinks(
  catalogue: Catalogue,
  path: string,
  limit: number,
): { links: OutgoingLink[]; total: number } {
  const resolver = catalogue.resolver();
  const rows = catalogue.sql.all<LinkRow>(
    'SELECT style, target, anchor, line FROM links JOIN files ON id = file_id WHERE path = ? ORDER BY number',
    [path],
  );
  return {
    links: rows.slice(0, limit).map((row) => outgoing(row, resolver.resolve(row.style, row.target, path)?.path)),
    total: rows.length,
  };
}

function outgoing(
  { target, anchor, line }: Pick<LinkRow, 'target' | 'anchor' | 'line'>,
  path: string | undefined,
): OutgoingLink {
  return { target: target.slice(0, 500), anchor: anchor.slice(0, 500), line, ...(path === undefined ? {} : { path }) };
}

interface LinkRow {
  readonly [column: string]: unknown;
  readonly path: string;
  readonly title: string | null;
  readonly style: LinkStyle;
  readonly target: string;
  readonly anchor: string;
  readonly line: number;
}

/** The links of other notes and of canvases to a file, by path and line, with how many there are. */
export function backlinks(catalogue: Catalogue, path: string, limit: number): { links: Backlink[]; total: number } {
  const resolver = catalogue.resolver();
  const names = new Set([nameKey(path), foldPath(nameOf(path))]);
  const rows = catalogue.sql.all<LinkRow>(
    `SELECT path, title, style, target, anchor, line FROM links JOIN files ON id = file_id
     WHERE links.name_key IN (${[...names].map(() => '?').join(', ')}) AND listed = 1 AND path <> ? ORDER BY path, number`,
    [...names, path],
  );
  const leading = rows.filter((row) => resolver.resolve(row.style, row.target, row.path)?.path === path);
  return {
    links: leading.slice(0, limit).map((row) => ({
      path: row.path,
      title: row.title ?? nameOf(row.path),
      line: row.line,
      anchor: row.anchor.slice(0, 500),
    })),
    total: leading.length,
  };
}
