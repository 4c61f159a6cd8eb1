import { createHash } from 'node:crypto';
import type { SearchIndex } from '../../src/search/search.js';
import { VaultError } from '../../src/vault/errors.js';
import type { Note, NoteMetadata, Vault } from '../../src/vault/vault.js';

/** A vault in memory, for tests of the endpoint alone: titles come from the first line, a status from `**Status:**`. */
export function fakeVault(notes: Record<string, string>): Vault & { readonly notes: Map<string, string> } {
  const map = new Map(Object.entries(notes));
  const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
  const noteAt = (path: string): Note => {
    const text = map.get(path);
    if (path.includes('..')) throw new VaultError('outside_vault', `${path} leads out of the vault.`);
    if (text === undefined) throw new VaultError('not_found', `No note ${path}.`, { hint: 'Use vault_list.' });
    return { path, text, hash: hashOf(text), modifiedMs: 1_790_000_000_000, metadata: metadataOf(path, text) };
  };
  return {
    notes: map,
    root: '/vault',
    async list() {
      return [...map].map(([path, text]) => ({ path, size: text.length, modifiedMs: 1_790_000_000_000 }));
    },
    isListed: () => true,
    read: async (path) => noteAt(path),
    async write(path, content, options = {}) {
      const existing = map.get(path);
      if (existing !== undefined && options.overwrite !== true && options.ifMatch !== hashOf(existing)) {
        throw new VaultError('exists', `${path} exists with hash ${hashOf(existing)}.`);
      }
      map.set(path, content);
      return { path, created: existing === undefined, hash: hashOf(content) };
    },
    async edit(path, oldText, newText) {
      const parts = noteAt(path).text.split(oldText);
      if (parts.length !== 2) throw new VaultError('no_match', `${parts.length - 1} occurrences of old_text.`);
      const text = parts.join(newText);
      map.set(path, text);
      return { path, hash: hashOf(text), replacements: 1 };
    },
    insert: notFaked,
    editFrontmatter: notFaked,
    move: notFaked,
    trash: notFaked,
    async catalogue() {
      const sorted = [...map].sort(([a], [b]) => (a < b ? -1 : 1));
      return sorted.map(([path, text]) => {
        const metadata = metadataOf(path, text);
        return { path, size: text.length, modifiedMs: 1_790_000_000_000, metadata, problem: undefined };
      });
    },
    outgoingLinks: notFaked,
    backlinks: notFaked,
    tags: notFaked,
    recent: notFaked,
  };
}

async function notFaked(): Promise<never> {
  throw new VaultError('bad_argument', 'The fake vault cannot do this: use openVault on a temporary folder.');
}

/** An index that finds a word in a note's text; not ready until `ready` is set. */
export function fakeSearch(vault: Vault, state = { ready: true }): SearchIndex {
  const status = () => ({ ready: state.ready, files: 2, indexed: state.ready ? 2 : 1, chunks: 3 });
  return {
    async search({ text, limit }) {
      const hits = [];
      for (const { path } of await vault.list()) {
        const note = await vault.read(path);
        if (!note.text.includes(text)) continue;
        hits.push({ path, title: note.metadata.title, section: '', score: 1, text: note.text, line: 1, endLine: 1 });
      }
      return { hits: hits.slice(0, limit), status: status() };
    },
    reindex: async () => (state.ready ? { files: 2, chunks: 3, seconds: 0.1234 } : undefined),
    noteChanged: async () => {},
    status,
    close: async () => {},
  };
}

function metadataOf(path: string, text: string): NoteMetadata {
  const status = /\*\*Status:\*\* (Active|Done)/.exec(text)?.[1] as 'Active' | 'Done' | undefined;
  return {
    title: text.split('\n')[0]?.replace(/^# /, '') ?? '',
    domain: path.includes('/') ? (path.split('/')[0] ?? '') : 'root',
    status,
    created: undefined,
    updated: undefined,
    sections: [...text.matchAll(/^## (.*)$/gm)].map((match) => match[1] ?? ''),
    tags: [],
    crossReferences: [],
    other: {},
  };
}
