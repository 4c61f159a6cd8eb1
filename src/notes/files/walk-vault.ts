import { readdirSync, type Stats } from 'node:fs';
import { systemErrorCode } from '../../errors.js';
import type { HeldFolder } from './held-folder.js';
import { type Bounds, holdRoot, statEntry } from './locate.js';
import { isCanvasName, isMarkdownName } from './note-path.js';
import { fileFailure } from './system-failures.js';

/** A file of the open part of the vault. */
export interface FoundFile {
  readonly path: string;
  readonly isListed: boolean;
  /** Only of notes and canvases, whose content is read. */
  readonly stats: Stats | undefined;
}

/** A folder that went away or may not be read is left out; any other failure would make notes look deleted. */
const skippedCodes = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM']);
const filesAtOnce = 500;

/**
 * Walks over the open part of the vault and yields its files in pieces; follows no links. Throws NotesError `vault_missing`
 * or `unreadable`. A folder that may not be read is left out and told to `onSkipped`.
 */
export function* walkVault(
  bounds: Bounds,
  onSkipped: (path: string, code: string) => void,
): Generator<readonly FoundFile[]> {
  try {
    yield* visit(bounds, holdRoot(bounds), [], onSkipped);
    // A vault that went away during the walk must not look like one whose notes were deleted.
    holdRoot(bounds).close();
  } catch (error) {
    throw fileFailure(error, 'the vault');
  }
}

/** Lets the folder go at the end. */
function* visit(
  bounds: Bounds,
  folder: HeldFolder,
  parts: readonly string[],
  onSkipped: (path: string, code: string) => void,
): Generator<readonly FoundFile[]> {
  const { visibility } = bounds;
  try {
    const entries = readdirSync(folder.at('.'), { withFileTypes: true });
    const open = entries.filter(({ name }) => visibility.isOpen([...parts, name]));
    const files = open.filter((entry) => entry.isFile());
    for (let start = 0; start < files.length; start += filesAtOnce) {
      const found: FoundFile[] = [];
      for (const { name } of files.slice(start, start + filesAtOnce)) {
        const isRead = isMarkdownName(name) || isCanvasName(name);
        const stats = isRead ? statEntry(folder, name) : undefined;
        if (isRead && !stats?.isFile()) continue;
        found.push({ path: [...parts, name].join('/'), isListed: visibility.isListed([...parts, name]), stats });
      }
      yield found;
    }
    for (const { name } of open.filter((entry) => entry.isDirectory())) {
      const path = [...parts, name];
      try {
        yield* visit(bounds, folder.enter(name), path, onSkipped);
      } catch (error) {
        const code = systemErrorCode(error);
        if (code === undefined || !skippedCodes.has(code)) throw error;
        onSkipped(path.join('/'), code);
      }
    }
    folder.confirm();
  } finally {
    folder.close();
  }
}
