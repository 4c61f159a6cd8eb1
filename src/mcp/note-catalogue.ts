import { VaultError } from '../vault/errors.js';
import type { NoteMetadata, NoteStat, Vault } from '../vault/vault.js';

/** What lists show of a note. */
export interface NoteSummary extends NoteStat {
  readonly title: string;
  readonly domain: string;
  readonly status: NoteMetadata['status'];
  /** Without `#`. */
  readonly tags: readonly string[];
}

/** Summaries of notes, read once per change: a list of 10,000 notes must not read 10,000 files each time. */
export interface NoteCatalogue {
  /** Every listed note, ordered by the code units of its path; no note is read. */
  stats(): Promise<NoteStat[]>;
  /** In the order asked for; a note that has gone is left out, one that cannot be read has its file name as title. */
  summaries(stats: readonly NoteStat[]): Promise<NoteSummary[]>;
}

const readsAtOnce = 16;

/** Keeps summaries in memory by path, size and time of change; notes that have gone are dropped at the next `stats`. */
export function createNoteCatalogue(vault: Vault): NoteCatalogue {
  const known = new Map<string, NoteSummary>();

  const summaryOf = async (stat: NoteStat): Promise<NoteSummary | undefined> => {
    const cached = known.get(stat.path);
    if (cached !== undefined && cached.size === stat.size && cached.modifiedMs === stat.modifiedMs) return cached;
    const summary = await readSummary(vault, stat);
    if (summary !== undefined) known.set(stat.path, summary);
    return summary;
  };

  return {
    async stats() {
      const stats = await vault.list();
      const present = new Set(stats.map(({ path }) => path));
      for (const path of known.keys()) if (!present.has(path)) known.delete(path);
      return stats.sort((a, b) => (a.path < b.path ? -1 : 1));
    },
    async summaries(stats) {
      const found: (NoteSummary | undefined)[] = new Array(stats.length);
      let next = 0;
      const work = async () => {
        for (let index = next++; index < stats.length; index = next++) {
          const stat = stats[index];
          if (stat !== undefined) found[index] = await summaryOf(stat);
        }
      };
      await Promise.all(Array.from({ length: Math.min(readsAtOnce, stats.length) }, work));
      return found.filter((summary) => summary !== undefined);
    },
  };
}

async function readSummary(vault: Vault, stat: NoteStat): Promise<NoteSummary | undefined> {
  try {
    const { title, domain, status, tags } = (await vault.read(stat.path)).metadata;
    return { ...stat, title, domain, status, tags };
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    if (error.code === 'not_found') return undefined;
    const parts = stat.path.split('/');
    const title = (parts.at(-1) ?? stat.path).replace(/\.md$/i, '');
    return { ...stat, title, domain: parts.length > 1 ? (parts[0] ?? 'root') : 'root', status: undefined, tags: [] };
  }
}
