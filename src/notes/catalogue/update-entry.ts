import type { Stats } from 'node:fs';
import { NotesError } from '../errors.js';
import { type Bounds, type Place, withPlace } from '../files/locate.js';
import { readPlace, stampOf } from '../files/stored-file.js';
import type { NoteSource } from '../worker/note-source.js';
import { readCanvasLinks } from './canvas.js';
import { type Catalogue, fileKinds, kindOfPath } from './catalogue.js';

/**
 * Has the catalogue say of one path what the folder says now: the file's content, why it cannot be read, or nothing. Throws
 * NotesError `vault_missing`.
 */
export function updateEntry(catalogue: Catalogue, source: NoteSource, bounds: Bounds, path: string): void {
  const parts = path.split('/');
  if (!bounds.visibility.isOpen(parts)) {
    catalogue.remove(path);
    return;
  }
  let stats: Stats | undefined;
  try {
    withPlace(bounds, path, { kind: 'any' }, (place) => {
      // What a link leads to is in the catalogue under its own path.
      if (place.path === path && place.stats?.isFile()) {
        stats = place.stats;
        writeEntry(catalogue, source, bounds, place);
      } else catalogue.remove(path);
    });
  } catch (error) {
    if (!(error instanceof NotesError) || error.code === 'vault_missing') throw error;
    if (stats === undefined || error.code === 'not_found' || error.code === 'outside_vault') {
      catalogue.remove(path);
      return;
    }
    const entry = { path, isListed: bounds.visibility.isListed(parts), stamp: stampOf(stats, Date.now()) };
    const kind = kindOfPath(path);
    if (kind === fileKinds.attachment) catalogue.writeAttachment(entry);
    else catalogue.writeProblem(entry, kind, stats, error.code, error.message);
  }
}

function writeEntry(catalogue: Catalogue, source: NoteSource, bounds: Bounds, place: Place): void {
  const { path } = place;
  const isListed = bounds.visibility.isListed(path.split('/'));
  const known = catalogue.find(path);
  const kind = kindOfPath(path);
  if (kind === fileKinds.attachment) {
    if (known?.kind !== kind || known.listed !== Number(isListed)) {
      catalogue.writeAttachment({ path, isListed, stamp: '' });
    }
    return;
  }
  const file = readPlace(place);
  const stamp = stampOf(file.stats, Date.now());
  const entry = { path, isListed, stamp };
  if (known?.hash === file.hash && known.listed === Number(isListed)) catalogue.confirm(known.id, stamp, file.stats);
  else if (kind === fileKinds.note) catalogue.writeNote(entry, file, source.parse(file));
  else {
    source.enter(path, file.stats);
    catalogue.writeCanvas(entry, file.hash, readCanvasLinks(new TextDecoder().decode(file.bytes)));
  }
}
