import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type Log, type LogFields, silentLog } from '../../src/log.js';
import { openSearchIndex, type SearchIndexOptions } from '../../src/search/open-search-index.js';
import type { SearchIndex } from '../../src/search/search.js';
import { openVault } from '../../src/vault/open-vault.js';
import type { NotesFolder } from './notes-folder.js';

interface OpenOptions extends Partial<SearchIndexOptions> {
  readonly ignore?: readonly string[];
}

/** Opens an index over a folder, that does not follow it unless told; closed with the test. */
export async function open(t: TestContext, folder: NotesFolder, options: OpenOptions = {}): Promise<SearchIndex> {
  const { ignore = [], ...rest } = options;
  const vault = await openVault({ path: folder.root, ignore, log: silentLog });
  const index = await openSearchIndex({ vault, watch: false, log: silentLog, ...rest });
  t.after(() => index.close());
  return index;
}

export async function pathsFound(index: SearchIndex, text: string): Promise<string[]> {
  return (await index.search({ text, limit: 10 })).hits.map((hit) => hit.path);
}

export async function untilReady(index: SearchIndex): Promise<void> {
  await eventually(async () => index.status().ready, true, 20_000);
}

/** Asks again and again until the answer is `wanted`, for at most `withinMs`. */
export async function eventually<T>(ask: () => Promise<T>, wanted: T, withinMs = 5000): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isDeepStrictEqual(answer, wanted)) return;
    if (performance.now() > deadline) assert.deepEqual(answer, wanted, `after ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface LogEntry {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that keeps what it is told. */
export function collectLog(): { log: Log; entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const keep =
    (level: keyof Log) =>
    (message: string, fields: LogFields = {}) =>
      void entries.push({ level, message, fields });
  return { log: { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }, entries };
}

/** Writes `count` short notes into ten folders. */
export async function fill(root: string, count: number): Promise<void> {
  for (let folder = 0; folder < 10; folder++) await mkdir(join(root, `folder-${folder}`), { recursive: true });
  for (let note = 0; note < count; note++) {
    await writeFile(
      join(root, `folder-${note % 10}`, `${note}.md`),
      `# Note ${note}\n\nSome words about number ${note}.\n`,
    );
  }
}
