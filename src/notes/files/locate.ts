import { lstatSync, mkdirSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import { systemErrorCode } from '../../errors.js';
import { NotesError } from '../errors.js';
import { keepOwner } from './atomic-write.js';
import { chooseHold, type HeldFolder, type HoldFolder } from './held-folder.js';
import { isMarkdownName, parseNotePath, parsePath, quotePath } from './note-path.js';
import { fileFailure, leadsOutside, noteNotFound } from './system-failures.js';
import { createVisibility, type Visibility } from './visibility.js';

/** What confinement needs to know of the vault. */
export interface Bounds {
  /** The real path of the vault's folder. */
  readonly root: string;
  readonly visibility: Visibility;
  readonly hold: HoldFolder;
}

/** Returns the bounds of the vault at a real path. Throws NotesError `bad_argument` for a bad glob, and Node's system errors. */
export function boundsOf(root: string, ignore: readonly string[] = [], listUnderscore = false): Bounds {
  return { root, hold: chooseHold(root), visibility: createVisibility(ignore, listUnderscore) };
}

/** Where a file or folder is, or would be: its folder held, every link on the way resolved inside the vault. */
export interface Place {
  readonly folder: HeldFolder;
  /** The name as the disk has it, or in NFC for a new one. */
  readonly name: string;
  /** The real path relative to the vault. */
  readonly path: string;
  /** Of the entry itself, never a link; undefined when there is none. */
  readonly stats: Stats | undefined;
}

export interface LocateOptions {
  /** Notes alone by default. */
  readonly kind?: 'note' | 'any';
  /** What is being done, for messages; `read` by default. */
  readonly done?: 'read' | 'written';
  readonly createFolders?: boolean;
}

const maxRedirects = 16;

/**
 * Returns what `use` makes of the place that `path` leads to, and lets its folder go afterwards. Throws NotesError, also for
 * what the file system refuses to `use`: `not_found` when a folder is missing and `createFolders` is not set, `outside_vault`,
 * `bad_path`, `not_markdown`, `vault_missing`, `unreadable`, `unwritable`.
 */
export function withPlace<T>(bounds: Bounds, path: string, options: LocateOptions, use: (place: Place) => T): T {
  const { kind = 'note', done = 'read', createFolders = false } = options;
  try {
    let parts = kind === 'any' ? parsePath(path) : parseNotePath(path);
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const isKind = kind === 'any' || isMarkdownName(parts.at(-1) ?? '');
      if (parts.length === 0 || !bounds.visibility.isOpen(parts) || !isKind) throw excluded(path);
      const reached = walk(bounds, path, parts, createFolders);
      if (!('folder' in reached)) {
        parts = reached.redirected;
        continue;
      }
      try {
        // The folder may spell its names another way than the path did.
        if (!bounds.visibility.isOpen(reached.path.split('/'))) throw excluded(path);
        return use(reached);
      } finally {
        reached.folder.close();
      }
    }
    throw leadsOutside(path);
  } catch (error) {
    throw fileFailure(error, path, done);
  }
}

/** Holds the vault's folder. Throws NotesError `vault_missing` when it is not there. */
export function holdRoot(bounds: Bounds): HeldFolder {
  try {
    return bounds.hold(bounds.root);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || code === 'EMFILE' || code === 'ENFILE') throw error;
    throw new NotesError(
      'vault_missing',
      `The vault's folder cannot be opened now (${code}), so its notes cannot be used. Nothing was changed; try again later.`,
      { cause: error, hint: 'check that the disk is mounted, and that the server may read it' },
    );
  }
}

function walk(
  bounds: Bounds,
  path: string,
  parts: readonly string[],
  createFolders: boolean,
): Place | { redirected: string[] } {
  let folder = holdRoot(bounds);
  const walked: string[] = [];
  try {
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1;
      let entry = findEntry(folder, part);
      if (entry === undefined && !isLast) {
        if (!createFolders) throw noteNotFound(path);
        entry = createFolder(folder, part.normalize('NFC'));
      }
      if (entry?.stats.isSymbolicLink()) {
        const inside = resolveLink(bounds, folder, entry.name, path);
        folder.close();
        return { redirected: [...inside, ...parts.slice(index + 1)] };
      }
      const name = entry?.name ?? part.normalize('NFC');
      walked.push(name);
      if (isLast) return { folder, name, path: walked.join('/'), stats: entry?.stats };
      if (!entry?.stats.isDirectory()) throw noteNotFound(path);
      // No folder is made in one that is not open.
      if (createFolders && !bounds.visibility.isOpen(walked)) throw excluded(path);
      const next = folder.enter(name);
      folder.close();
      folder = next;
    }
    throw noteNotFound(path);
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** Finds an entry by its name, else by a name that differs only in its Unicode form. */
function findEntry(folder: HeldFolder, name: string): { name: string; stats: Stats } | undefined {
  const stats = statEntry(folder, name);
  if (stats !== undefined) return { name: stats.isSymbolicLink() ? name : folder.actualName(name), stats };
  const wanted = name.normalize('NFC');
  if (wanted === name.normalize('NFD')) return undefined;
  const twin = readdirSync(folder.at('.')).find((entry) => entry.normalize('NFC') === wanted);
  if (twin === undefined) return undefined;
  const twinStats = statEntry(folder, twin);
  return twinStats && { name: twin, stats: twinStats };
}

/** Returns what an entry of a held folder is, a link being itself; undefined when there is none. */
export function statEntry(folder: HeldFolder, name: string): Stats | undefined {
  return lstatSync(folder.at(name), { throwIfNoEntry: false });
}

/** Holds a subfolder, which is made when it is not there. */
export function enterFolder(folder: HeldFolder, name: string): HeldFolder {
  const stats = statEntry(folder, name) ?? createFolder(folder, name).stats;
  if (stats.isSymbolicLink()) throw leadsOutside(name);
  return folder.enter(name);
}

function createFolder(folder: HeldFolder, name: string): { name: string; stats: Stats } {
  try {
    mkdirSync(folder.at(name));
    keepOwner(folder.at(name), lstatSync(folder.at('.')));
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
  folder.confirm();
  return { name, stats: lstatSync(folder.at(name)) };
}

function resolveLink(bounds: Bounds, folder: HeldFolder, name: string, path: string): string[] {
  let target: string;
  try {
    target = realpathSync(folder.at(name));
  } catch (error) {
    throw leadsOutside(path, { cause: error });
  }
  const inside = relative(bounds.root, target);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) throw leadsOutside(path);
  return inside.split(sep);
}

function excluded(path: string): NotesError {
  return new NotesError(
    'outside_vault',
    `The path ${quotePath(path)} is excluded from the vault. Only listed notes can be used.`,
  );
}
