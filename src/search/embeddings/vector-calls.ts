import type { NoteIndex } from '../note-index.js';
import { noteFilter, type Ranking, rank } from '../rank.js';
import type { SearchQuery } from '../search.js';
import type { VectorCalls, VectorSettings } from '../worker-protocol.js';
import { fusedDepth, fuseRankings } from './fuse.js';
import { readVectorFile, writeVectorFile } from './vector-file.js';
import { VectorStore } from './vector-store.js';

/** Vectors are kept on disk when so many are new, or a tenth of all: what a kill costs at most. */
const saveAfterVectors = 500;

/** The part of the index's worker that has the vectors; `search` answers before they are read from disk too. */
export function createVectorCalls(
  { cachePath, source }: VectorSettings,
  index: () => NoteIndex,
  isIndexLoaded: Promise<void>,
): VectorCalls & { search(query: SearchQuery, vector: Float32Array): Ranking } {
  let store = new VectorStore();
  let unsaved = 0;
  let isSaved = true;
  const loading = load();

  async function load(): Promise<void> {
    await isIndexLoaded;
    if (cachePath !== undefined) store = new VectorStore(await readVectorFile(cachePath, source));
  }

  async function save(): Promise<void> {
    unsaved = 0;
    if (store.prune(index().notes)) isSaved = false;
    if (isSaved || cachePath === undefined) return;
    const { dimensions, vectors, notes } = store;
    await writeVectorFile(cachePath, source, { dimensions, vectors, notes: [...notes.values()] });
    isSaved = true;
  }

  return {
    async toEmbed() {
      await loading;
      if (store.isFull && store.prune(index().notes)) isSaved = false;
      const notes = [...index().notes.values()];
      const changed = notes.filter(({ path, hash }) => store.notes.get(path)?.hash !== hash);
      return { paths: changed.map(({ path }) => path), isFull: store.isFull };
    },
    async unknownVectors({ keys }) {
      return keys.filter((key) => !store.vectors.has(key));
    },
    async putVectors({ keys, vectors }) {
      if (store.isFull) return 'full';
      if (!store.add(keys, vectors)) return 'other length';
      unsaved += keys.length;
      isSaved = false;
      return 'taken';
    },
    async putEmbedded({ notes }) {
      for (const note of notes) store.notes.set(note.path, note);
      isSaved = false;
      if (unsaved >= Math.max(saveAfterVectors, store.vectors.size / 10)) {
        // Embedding goes on while the disk refuses; the save at the end tells of it.
        await save().catch(() => {});
      }
    },
    async saveVectors() {
      await loading;
      await save();
    },
    search(query, vector) {
      const limit = Math.max(query.limit, fusedDepth);
      const near = store.nearest(vector, index().notes, noteFilter(query), limit);
      if (near === undefined) return rank(index(), query);
      const words = rank(index(), { ...query, limit });
      return {
        candidates: fuseRankings([words.candidates, near], query.limit),
        terms: words.terms,
        isByMeaning: true,
      };
    },
  };
}
