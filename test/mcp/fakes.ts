import { createHash } from 'node:crypto';
import { NotesError } from '../../src/notes/errors.js';
import type { ListQuery, NoteSummary, Notes, ReadNote, ReadResult } from '../../src/notes/notes.js';

const modifiedMs = 1_790_000_000_000;

export interface FakeNotes extends Notes {
  readonly texts: Map<string, string>;
}

/**
 * Notes in memory, for tests of the endpoint alone: titles come from the first line, a status from `**Status:**`. What a
 * test has no use for fails; `overrides` replace single calls.
 */
export function fakeNotes(notes: Record<string, string>, overrides: Partial<Notes> = {}): FakeNotes {
  const texts = new Map(Object.entries(notes));
  const state = { ready: true, files: 2, indexed: 2, chunks: 3, problems: 0 };
  const summaries = () => [...texts.keys()].sort().map((path) => summaryOf(path, texts.get(path) ?? ''));
  const save = (path: string, text: string) => {
    texts.set(path, text);
    return { path, hash: hashOf(text) };
  };
  return {
    texts,
    root: '/vault',
    list: async (query) => listPage(summaries(), query),
    read: async ({ paths, maxChars }) => paths.map((path) => readResult(path, texts.get(path), maxChars)),
    async write({ path, content, ifMatch, overwrite }) {
      const existing = texts.get(path);
      if (existing !== undefined && overwrite !== true && ifMatch !== hashOf(existing)) {
        throw new NotesError('exists', `${path} exists with hash ${hashOf(existing)}.`);
      }
      return { ...save(path, content), created: existing === undefined };
    },
    async edit({ path, oldText, newText }) {
      const parts = (texts.get(path) ?? '').split(oldText);
      if (parts.length !== 2) throw new NotesError('no_match', `${parts.length - 1} occurrences of old_text.`);
      return { ...save(path, parts.join(newText)), replacements: 1 };
    },
    insert: notFaked,
    editFrontmatter: notFaked,
    daily: notFaked,
    move: notFaked,
    trash: notFaked,
    links: notFaked,
    tags: notFaked,
    recent: async ({ limit }) => summaries().slice(0, limit),
    async summary() {
      const all = summaries();
      const active = all.filter(({ status }) => status === 'Active');
      const byDomain = [{ name: 'root', notes: all.length }];
      const counts = { total: all.length, attachments: 0, totalActive: active.length, totalProblems: 0 };
      return { ...counts, byDomain, byStatus: [], active, recent: all, problems: [] };
    },
    async complete({ value }) {
      const values = [...texts.keys()].filter((path) => path.includes(value));
      return { values: values.slice(0, 100), total: values.length };
    },
    async search({ text, limit }) {
      const found = summaries().filter(({ path }) => texts.get(path)?.includes(text));
      const hits = found.slice(0, limit).map(({ path, title }) => {
        const passage = texts.get(path) ?? '';
        return { path, title, section: '', score: 1, text: passage, line: 1, endLine: 1, by: 'words' as const };
      });
      return { hits, status: state };
    },
    reindex: async () => ({ files: 2, chunks: 3, seconds: 0.1234 }),
    status: () => state,
    close: async () => {},
    ...overrides,
  };
}

async function notFaked(): Promise<never> {
  throw new NotesError('bad_argument', 'The fake notes cannot do this: open a temporary folder.');
}

const hashes = new Map<string, string>();

function hashOf(text: string): string {
  const hash = hashes.get(text) ?? createHash('sha256').update(text).digest('hex');
  hashes.set(text, hash);
  return hash;
}

function listPage(all: readonly NoteSummary[], { limit = 50, cursor = 'after:', domain, status }: ListQuery) {
  if (!cursor.startsWith('after:'))
    throw new NotesError('bad_argument', 'This cursor is not one that this server gave.');
  const isSame = (wanted: string | undefined, found = '') =>
    wanted === undefined || wanted.toLowerCase() === found.toLowerCase();
  const matching = all.filter((note) => isSame(domain, note.domain) && isSame(status, note.status));
  const rest = matching.filter(({ path }) => path > cursor.slice('after:'.length));
  const notes = rest.slice(0, limit);
  const next = notes.length < rest.length ? { nextCursor: `after:${notes.at(-1)?.path}` } : {};
  return { notes, folders: [], total: matching.length, ...next };
}

function readResult(path: string, text: string | undefined, maxChars: number): ReadResult {
  if (path.includes('..'))
    return { kind: 'failure', path, code: 'outside_vault', message: `${path} leads out of the vault.` };
  if (text === undefined)
    return { kind: 'failure', path, code: 'not_found', message: `No note ${path}. Use vault_list.` };
  const totalLines = text.split('\n').length;
  const note: ReadNote = {
    ...summaryOf(path, text),
    kind: 'note',
    hash: hashOf(text),
    outline: [],
    totalHeadings: 0,
    crossReferences: [],
    totalCrossReferences: 0,
    other: {},
    text: text.slice(0, maxChars),
    firstLine: 1,
    lastLine: totalLines,
    totalLines,
    ...(text.length > maxChars ? { nextOffset: maxChars } : {}),
  };
  return note;
}

function summaryOf(path: string, text: string): NoteSummary {
  const status = /\*\*Status:\*\* (Active|Done)/.exec(text)?.[1] as 'Active' | 'Done' | undefined;
  return {
    path,
    title: text.split('\n')[0]?.replace(/^# /, '') ?? '',
    domain: path.includes('/') ? (path.split('/')[0] ?? '') : 'root',
    ...(status === undefined ? {} : { status }),
    tags: [],
    aliases: [],
    size: text.length,
    modifiedMs,
  };
}
