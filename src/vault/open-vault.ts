import { realpath, stat } from 'node:fs/promises';
import { systemErrorCode } from '../errors.js';
import type { Log } from '../log.js';
import { createCatalogue } from './catalogue.js';
import { editFrontmatter } from './edit-frontmatter.js';
import { editText } from './edit-text.js';
import { VaultError } from './errors.js';
import { chooseHold } from './held-folder.js';
import { insertText } from './insert-text.js';
import { createLister } from './list-notes.js';
import type { Bounds } from './locate-note.js';
import { readMetadata } from './metadata.js';
import { moveNote } from './move-note.js';
import { isMarkdownName, quotePath } from './note-path.js';
import { createQueue } from './one-at-a-time.js';
import { changeNote, loadNote, type StoredNote } from './stored-note.js';
import { backlinks, countTags, outgoingLinks, recentNotes } from './surveys.js';
import { trashNote } from './trash-note.js';
import type { Vault } from './vault.js';
import { createVisibility } from './visibility.js';
import { replaceText } from './write-text.js';

export interface OpenVaultOptions {
  /** The folder of notes. */
  readonly path: string;
  /** Globs of what is not part of the vault. */
  readonly ignore?: readonly string[];
  /** Refuse every change with VaultError `read_only`. */
  readonly readOnly?: boolean;
  readonly log: Log;
}

/** Opens a folder of notes. Rejects with VaultError `vault_missing` when the folder is not there or not readable. */
export async function openVault(options: OpenVaultOptions): Promise<Vault> {
  const bounds: Bounds = { ...(await findRoot(options.path)), isOpen: createVisibility(options.ignore ?? []) };
  const list = createLister(bounds, options.log);
  const catalogue = createCatalogue(bounds, list);
  const inTurn = createQueue();

  /** Every change waits for the one before it, so that what it was decided on is still so when it is written. */
  function change<T>(task: () => Promise<T>): Promise<T> {
    if (options.readOnly) {
      return Promise.reject(
        new VaultError('read_only', 'The vault is served read-only: notes can be read and searched, not changed.'),
      );
    }
    return inTurn(task);
  }

  return {
    root: bounds.root,
    list: async () => [...(await list()).notes],
    isListed: (path) => isListed(bounds, path),
    read: async (path) => {
      const { text, hash, stats, path: realPath } = await loadNote(bounds, path);
      return { path: realPath, text, hash, modifiedMs: stats.mtimeMs, metadata: readMetadata(realPath, text) };
    },
    write: (path, content, { ifMatch, overwrite } = {}) =>
      change(() =>
        changeNote(bounds, path, { ifMatch, create: true }, (before) => {
          const text = content.replace(/^\ufeff/, '');
          if (before === undefined) return text;
          if (ifMatch === undefined && !overwrite) throw existsAlready(before);
          return replaceText(before.text, text);
        }),
      ),
    edit: (path, oldText, newText, { ifMatch, expectedReplacements = 1 } = {}) =>
      change(async () => {
        const saved = await changeNote(bounds, path, { ifMatch }, (before) =>
          editText(before?.text ?? '', { oldText, newText, expectedReplacements }, path),
        );
        return { path: saved.path, hash: saved.hash, replacements: expectedReplacements };
      }),
    insert: (path, text, { ifMatch, heading, position = 'end' } = {}) =>
      change(async () => {
        let line = 1;
        const saved = await changeNote(bounds, path, { ifMatch }, (before) => {
          const inserted = insertText(before?.text ?? '', { text, heading, position }, path);
          line = inserted.line;
          return inserted.text;
        });
        return { path: saved.path, hash: saved.hash, line };
      }),
    editFrontmatter: (path, fields, { ifMatch } = {}) =>
      change(async () => {
        const saved = await changeNote(bounds, path, { ifMatch }, (before) =>
          editFrontmatter(before?.text ?? '', fields, path),
        );
        return { path: saved.path, hash: saved.hash };
      }),
    move: (from, to, { ifMatch } = {}) => change(async () => moveNote(bounds, await catalogue(), from, to, ifMatch)),
    trash: (path, { ifMatch } = {}) => change(() => trashNote(bounds, path, ifMatch)),
    catalogue: async () => (await catalogue()).entries,
    outgoingLinks: async (path) => {
      const note = await loadNote(bounds, path);
      return outgoingLinks(await catalogue(), note.path, note.text);
    },
    backlinks: async (path) => {
      const note = await loadNote(bounds, path);
      return backlinks(await catalogue(), note.path);
    },
    tags: async () => countTags((await catalogue()).entries),
    recent: async ({ limit, sinceMs }) => recentNotes((await catalogue()).entries, limit, sinceMs),
  };
}

async function findRoot(path: string): Promise<Pick<Bounds, 'root' | 'hold'>> {
  try {
    const root = await realpath(path);
    if (!(await stat(root)).isDirectory()) {
      throw new VaultError('vault_missing', `the vault ${path} is not a folder`, {
        hint: 'give the folder that has the notes',
      });
    }
    return { root, hold: await chooseHold(root) };
  } catch (error) {
    if (error instanceof VaultError) throw error;
    throw new VaultError(
      'vault_missing',
      `the vault folder ${path} cannot be opened (${systemErrorCode(error) ?? 'unknown'})`,
      {
        cause: error,
        hint: 'check the path, and that this user may read the folder',
      },
    );
  }
}

function isListed(bounds: Bounds, path: string): boolean {
  const parts = path.split('/');
  return !parts.includes('') && isMarkdownName(path) && bounds.isOpen(parts);
}

function existsAlready(before: StoredNote): VaultError {
  return new VaultError(
    'exists',
    `There is a note ${quotePath(before.path)} already (hash ${before.hash}); nothing was changed. Read it first; to replace it, give that hash as if_match, or set overwrite to true.`,
  );
}
