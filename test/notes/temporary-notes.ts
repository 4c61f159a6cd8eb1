import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type Log, type LogFields, silentLog } from '../../src/log.js';
import type { Notes, ReadNote } from '../../src/notes/notes.js';
import { type OpenNotesOptions, openNotes } from '../../src/notes/open-notes.js';

/** Returns a real temporary folder that goes with the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'vault-mcp-notes-')));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file as another program would, with its folders. */
export async function addFile(root: string, path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

/** Opens a temporary folder with these files, which is not followed unless told, when its notes are in the catalogue. */
export async function temporaryNotes(
  t: TestContext,
  files: Readonly<Record<string, string | Uint8Array>> = {},
  options: Partial<OpenNotesOptions> = {},
): Promise<Notes> {
  const root = options.path ?? (await temporaryFolder(t));
  for (const [path, content] of Object.entries(files)) await addFile(root, path, content);
  const notes = openNotes({ path: root, watch: false, meaning: 'off', log: silentLog, ...options });
  t.after(() => notes.close());
  await untilReady(notes);
  return notes;
}

export async function untilReady(notes: Notes): Promise<void> {
  await eventually(async () => notes.status().ready, true, 60_000);
}

/** Reads one note; rejects when it cannot be read. */
export async function readNote(notes: Notes, path: string): Promise<ReadNote> {
  const [note] = await notes.read({ paths: [path], maxChars: 10_000_000 });
  assert.equal(note?.kind, 'note');
  return note;
}

export async function listedPaths(notes: Notes): Promise<string[]> {
  return (await notes.list({ limit: 1000 })).notes.map(({ path }) => path);
}

/** A check for assert.rejects and assert.throws: an error of this code whose message matches. */
export function notesError(code: string, message = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error && 'code' in error, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

/** Asks again and again until the answer is `wanted`, for at most `withinMs`. */
export async function eventually<T>(ask: () => Promise<T>, wanted: T, withinMs = 20_000): Promise<void> {
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
