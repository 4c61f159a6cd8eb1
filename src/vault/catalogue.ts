import { mapBounded } from './bounded.js';
import { VaultError } from './errors.js';
import { type Link, readLinks } from './links.js';
import type { Listing } from './list-notes.js';
import type { Bounds } from './locate-note.js';
import { readMetadata } from './metadata.js';
import { loadNote } from './stored-note.js';
import type { NoteStat, NoteSummary } from './vault.js';

/** What is known of a note without reading it again. */
export interface CatalogueEntry extends NoteSummary {
  readonly links: readonly Link[];
}

/** The whole vault as it is on disk. */
export interface Catalogue {
  readonly entries: readonly CatalogueEntry[];
  readonly attachments: readonly string[];
}

const readsAtOnce = 16;

/**
 * Returns a function that gives the vault's catalogue as it is at that moment: all notes are looked at, those whose size or
 * time of change is another are read. A note that cannot be read has the code of its failure as `problem`.
 */
export function createCatalogue(bounds: Bounds, list: () => Promise<Listing>): () => Promise<Catalogue> {
  let known = new Map<string, CatalogueEntry>();
  return async () => {
    const { notes, attachments } = await list();
    const read = await mapBounded(notes, readsAtOnce, async (stat) => {
      const cached = known.get(stat.path);
      const isSame = cached?.size === stat.size && cached.modifiedMs === stat.modifiedMs;
      return isSame ? cached : readEntry(bounds, stat);
    });
    const entries = read.filter((entry) => entry !== undefined);
    known = new Map(entries.map((entry) => [entry.path, entry]));
    return { entries, attachments };
  };
}

async function readEntry(bounds: Bounds, stat: NoteStat): Promise<CatalogueEntry | undefined> {
  try {
    const { text } = await loadNote(bounds, stat.path);
    return { ...stat, metadata: readMetadata(stat.path, text), links: readLinks(text), problem: undefined };
  } catch (error) {
    if (!(error instanceof VaultError) || error.code === 'vault_missing') throw error;
    if (error.code === 'not_found') return undefined;
    return { ...stat, metadata: readMetadata(stat.path, ''), links: [], problem: error.code };
  }
}
