import type { Stats } from 'node:fs';
import { NotesError } from '../errors.js';
import { type Bounds, withPlace } from '../files/locate.js';
import { readPlace, stampOf } from '../files/stored-file.js';
import { noteNotFound } from '../files/system-failures.js';
import type { NoteSource } from '../worker/note-source.js';
import { readCanvasLinks } from './canvas.js';
import { type Catalogue, fileKinds, kindOfPath } from './catalogue.js';

/**
 * Has the catalogue say of one path what the folder says now: the file's content, why it cannot be read, or nothing. Throws
 * NotesError `vault_missing`.
 */
export function updateEntry(catalogue: Catalogue, source: NoteSource, bounds: Bounds, path: string): void {
  const kind = kindOfPath(path);
  const isListed = bounds.visibility.isListed(path.split('/'));
  let stats: Stats | undefined;
  try {
    withPlace(bounds, path, { kind: 'any' }, (place) => {
      // What a link leads to is in the catalogue under its own path.
      if (place.path !== path || !place.stats?.isFile()) throw noteNotFound(path);
      stats = place.stats;
      const known = catalogue.find(path);
      const isSame = known?.kind === kind && known.listed === Number(isListed);
      if (kind === fileKinds.attachment) {
        if (!isSame) catalogue.writeAttachment({ path, isListed, stamp: '' });
        return;
      }
      const file = readPlace(place);
      const stamp = stampOf(file.stats, Date.now());
      const entry = { path, isListed, stamp };
      if (isSame && known.hash === file.hash) catalogue.confirm(known.id, stamp, file.stats);
      else if (kind === fileKinds.note) catalogue.writeNote(entry, file, source.parse(file));
      else {
        source.enter(path, file.stats);
        catalogue.writeCanvas(entry, file.hash, readCanvasLinks(new TextDecoder().decode(file.bytes)));
      }
    });
  } catch (error) {
    if (!(error instanceof NotesError) || error.code === 'vault_missing') throw error;
    const isGone = error.code === 'not_found' || error.code === 'outside_vault';
    if (stats === undefined || isGone) catalogue.remove(path);
    else catalogue.writeUnread({ path, isListed, stamp: stampOf(stats, Date.now()) }, kind, stats, error);
  }
}
