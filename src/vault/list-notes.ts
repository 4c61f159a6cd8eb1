import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { systemErrorCode } from '../errors.js';
import type { Log } from '../log.js';
import { mapBounded } from './bounded.js';
import type { HeldFolder } from './held-folder.js';
import { type Bounds, holdRoot, statEntry } from './locate-note.js';
import { isMarkdownName } from './note-path.js';
import { readFailure } from './system-failures.js';
import type { NoteStat } from './vault.js';

/** What a walk over the open part of the vault finds, each in path order. */
export interface Listing {
  readonly notes: readonly NoteStat[];
  /** Paths of the files that are no notes, such as images. */
  readonly attachments: readonly string[];
}

const statsAtOnce = 64;
/** A folder that went away or may not be read is left out; any other failure would make notes look deleted. */
const skippedCodes = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM']);

/**
 * Returns the walk over the vault, which follows no links and rejects with VaultError `vault_missing` or `unreadable`; a
 * folder that may not be read is logged once and left out.
 */
export function createLister(bounds: Bounds, log: Log): () => Promise<Listing> {
  const reported = new Set<string>();

  async function visit(folder: HeldFolder, parts: readonly string[], found: Collected): Promise<void> {
    const entries = await readdir(folder.at('.'), { withFileTypes: true });
    const open = entries.filter((entry) => bounds.isOpen([...parts, entry.name]));
    const pathOf = (entry: Dirent) => [...parts, entry.name].join('/');
    const files = open.filter((entry) => entry.isFile());
    found.attachments.push(...files.filter((entry) => !isMarkdownName(entry.name)).map(pathOf));
    const markdown = files.filter((entry) => isMarkdownName(entry.name));
    await mapBounded(markdown, statsAtOnce, async (entry) => {
      const stats = await statEntry(folder, entry.name);
      if (stats?.isFile()) found.notes.push({ path: pathOf(entry), size: stats.size, modifiedMs: stats.mtimeMs });
    });
    for (const entry of open.filter((candidate) => candidate.isDirectory())) {
      await skipUnreadable(pathOf(entry), async () => {
        const subfolder = await folder.enter(entry.name);
        try {
          await visit(subfolder, [...parts, entry.name], found);
        } finally {
          await subfolder.close();
        }
      });
    }
    await folder.confirm();
  }

  async function skipUnreadable(path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      reported.delete(path);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === undefined || !skippedCodes.has(code)) throw error;
      if (!reported.has(path)) log.warn('folder left out of the vault', { path, code });
      reported.add(path);
    }
  }

  return async () => {
    const found: Collected = { notes: [], attachments: [] };
    try {
      const folder = await holdRoot(bounds);
      try {
        await visit(folder, [], found);
      } finally {
        await folder.close();
      }
      // A vault that went away during the walk must not look like one whose notes were deleted.
      await (await holdRoot(bounds)).close();
    } catch (error) {
      throw readFailure(error, 'the vault');
    }
    return {
      notes: found.notes.sort((a, b) => comparePaths(a.path, b.path)),
      attachments: found.attachments.sort(comparePaths),
    };
  };
}

interface Collected {
  readonly notes: NoteStat[];
  readonly attachments: string[];
}

function comparePaths(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
