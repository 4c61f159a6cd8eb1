import type { Stats } from 'node:fs';
import { lstat, mkdir, readdir, realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { VaultError } from './errors.js';
import type { HeldFolder, HoldFolder } from './held-folder.js';
import { keepOwner } from './keep-owner.js';
import { isMarkdownName, parseNotePath, quotePath } from './note-path.js';
import { leadsOutside, noteNotFound } from './system-failures.js';
import type { Visibility } from './visibility.js';

/** What confinement needs to know of the vault. */
export interface Bounds {
  /** The real path of the vault's folder. */
  readonly root: string;
  readonly isOpen: Visibility;
  readonly hold: HoldFolder;
}

/** Where a note is, or would be: its folder held, every link on the way resolved inside the vault. */
export interface Place {
  readonly folder: HeldFolder;
  /** The file's name as the disk has it, or in NFC for a new one. */
  readonly name: string;
  /** The real path relative to the vault. */
  readonly path: string;
  /** Of the file itself, never a link; undefined when there is none. */
  readonly stats: Stats | undefined;
}

const maxRedirects = 16;

/**
 * Calls `use` with the place that `path` leads to, and lets its folder go afterwards. Rejects with VaultError: `not_found`
 * when a folder is missing and `createFolders` is not set, `outside_vault`, `bad_path`, `not_markdown`, `vault_missing`.
 */
export async function withPlace<T>(
  bounds: Bounds,
  path: string,
  options: { createFolders?: boolean },
  use: (place: Place) => Promise<T>,
): Promise<T> {
  let parts = parseNotePath(path);
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    if (!bounds.isOpen(parts) || !isMarkdownName(parts.at(-1) ?? '')) {
      throw new VaultError(
        'outside_vault',
        `The path ${quotePath(path)} is excluded from the vault: only the notes that the list shows can be used.`,
      );
    }
    const reached = await walk(bounds, path, parts, options.createFolders ?? false);
    if (!('folder' in reached)) {
      parts = reached.redirected;
      continue;
    }
    try {
      return await use(reached);
    } finally {
      await reached.folder.close();
    }
  }
  throw leadsOutside(path);
}

/** Holds the vault's folder. Rejects with VaultError `vault_missing` when it is not there. */
export async function holdRoot(bounds: Bounds): Promise<HeldFolder> {
  try {
    return await bounds.hold(bounds.root);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || code === 'EMFILE' || code === 'ENFILE') throw error;
    throw new VaultError(
      'vault_missing',
      `The vault's folder cannot be opened just now (${code}), so its notes are out of reach. Nothing was changed; try again later.`,
      {
        cause: error,
        hint: 'is the disk mounted, and may the server read it?',
      },
    );
  }
}

async function walk(
  bounds: Bounds,
  path: string,
  parts: readonly string[],
  createFolders: boolean,
): Promise<Place | { redirected: string[] }> {
  let folder = await holdRoot(bounds);
  const walked: string[] = [];
  try {
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1;
      let entry = await findEntry(folder, part);
      if (entry === undefined && !isLast) {
        if (!createFolders) throw noteNotFound(path);
        entry = await createFolder(folder, part.normalize('NFC'));
      }
      if (entry?.stats.isSymbolicLink()) {
        const inside = await resolveLink(bounds, folder, entry.name, path);
        await folder.close();
        return { redirected: [...inside, ...parts.slice(index + 1)] };
      }
      const name = entry?.name ?? part.normalize('NFC');
      walked.push(name);
      if (isLast) return { folder, name, path: walked.join('/'), stats: entry?.stats };
      if (!entry?.stats.isDirectory()) throw noteNotFound(path);
      const next = await folder.enter(name);
      await folder.close();
      folder = next;
    }
    throw noteNotFound(path);
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** Finds an entry by its name, else by a name that differs only in its Unicode form. */
async function findEntry(folder: HeldFolder, name: string): Promise<{ name: string; stats: Stats } | undefined> {
  const stats = await statEntry(folder, name);
  if (stats !== undefined) {
    return { name: stats.isSymbolicLink() ? name : await folder.actualName(name), stats };
  }
  const wanted = name.normalize('NFC');
  if (wanted === name.normalize('NFD')) return undefined;
  const twin = (await readdir(folder.at('.'))).find((entry) => entry.normalize('NFC') === wanted);
  if (twin === undefined) return undefined;
  const twinStats = await statEntry(folder, twin);
  return twinStats && { name: twin, stats: twinStats };
}

/** Returns what an entry of a held folder is, a link being itself; undefined when there is none. */
export async function statEntry(folder: HeldFolder, name: string): Promise<Stats | undefined> {
  try {
    return await lstat(folder.at(name));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Holds a subfolder, which is made when it is not there. */
export async function enterFolder(folder: HeldFolder, name: string): Promise<HeldFolder> {
  const stats = (await statEntry(folder, name)) ?? (await createFolder(folder, name)).stats;
  if (stats.isSymbolicLink()) throw leadsOutside(name);
  return folder.enter(name);
}

async function createFolder(folder: HeldFolder, name: string): Promise<{ name: string; stats: Stats }> {
  try {
    await mkdir(folder.at(name));
    await keepOwner(folder.at(name), await lstat(folder.at('.')));
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
  await folder.confirm();
  return { name, stats: await lstat(folder.at(name)) };
}

async function resolveLink(bounds: Bounds, folder: HeldFolder, name: string, path: string): Promise<string[]> {
  let target: string;
  try {
    target = await realpath(folder.at(name));
  } catch (error) {
    throw leadsOutside(path, { cause: error });
  }
  const inside = relative(bounds.root, target);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) throw leadsOutside(path);
  return inside.split(sep);
}
