import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import { VaultMcpError } from '../../errors.js';
import type { Log, LogFields } from '../../log.js';
import { Catalogue } from '../catalogue/catalogue.js';
import { followVault } from '../catalogue/follow-vault.js';
import { openDatabase } from '../catalogue/open-database.js';
import { isBroken, type Sql } from '../catalogue/sql.js';
import { NotesError } from '../errors.js';
import { boundsOf } from '../files/locate.js';
import { openNoteSearch } from '../search/open-note-search.js';
import { createCalls } from './calls.js';
import { NoteSource } from './note-source.js';
import { SharedProgress } from './progress.js';
import type { Calls, Failure, Message, Request, WorkerSettings } from './protocol.js';

const heartbeatMs = 250;

const settings = workerData as WorkerSettings;
const { path: root, watch = true } = settings;
const progress = new SharedProgress(settings.memory);
let isEnding = false;

function send(message: Message): void {
  parentPort?.postMessage(message);
}

const write =
  (level: 'debug' | 'info' | 'warn' | 'error') =>
  (message: string, fields: LogFields = {}) =>
    send({ log: level, message, fields });
const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };

/** The main thread ends this worker, and asks a new one what was not answered. */
function breakDown(error: unknown): void {
  if (isEnding) return;
  isEnding = true;
  send({ broken: error instanceof Error ? error.message : String(error) });
}

process.on('uncaughtException', (error) => {
  if (isBroken(error)) return breakDown(error);
  log.error('the reader of the notes failed', { error: error.stack ?? error.message });
  process.exit(1);
});
setInterval(() => progress.beat(), heartbeatMs);
progress.beat();

const bounds = boundsOf(root, settings.ignore, settings.listUnderscore);
const sql = openDatabase({
  path: settings.cataloguePath,
  root,
  nonce: settings.nonce,
  discard: settings.discard,
  log,
});
const source = new NoteSource(bounds, progress, new Map([...knownTooSlow(sql), ...settings.tooSlow]));
const search = openNoteSearch({
  db: sql.db,
  readSpan: (noteId, start, end) => {
    const path = catalogue.pathOf(noteId);
    return path === undefined ? undefined : source.text(path)?.slice(start, end);
  },
  log,
  meaning: settings.meaning,
  embeddings: settings.embeddings,
});
const catalogue = new Catalogue(sql, search);
const follower = followVault({
  catalogue,
  source,
  bounds,
  progress,
  watch,
  log,
  onStatus: (status) => send({ status }),
  onBroken: breakDown,
});
const calls: Calls = createCalls({ settings, bounds, source, catalogue, follower, log, onBroken: breakDown });

parentPort?.on('message', ({ id, name, argument }: Request) => {
  if (isEnding) return;
  if (name === 'close') {
    void close(id);
    return;
  }
  const throwIfCancelled = () => {
    if (progress.isCancelled(id)) throw new NotesError('cancelled', 'The call was cancelled.');
  };
  progress.enterCall(id);
  try {
    // A call that waited may have been cancelled by the time that it is looked at.
    throwIfCancelled();
    const call = calls[name] as (argument: unknown, throwIfCancelled: () => void) => unknown;
    const result = call(argument, throwIfCancelled);
    if (result instanceof Promise) {
      result.then(
        (settled) => send({ id, result: settled }),
        (error: unknown) => fail(id, error),
      );
    } else send({ id, result });
  } catch (error) {
    fail(id, error);
  } finally {
    progress.leaveCall();
  }
});

function fail(id: number, error: unknown): void {
  if (isBroken(error)) breakDown(error);
  else send({ id, failure: failureOf(error) });
}

function failureOf(error: unknown): Failure {
  if (error instanceof VaultMcpError) {
    return { code: error.code, message: error.message, hint: error.hint, stack: undefined };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: undefined, message: String(error), hint: undefined, stack };
}

async function close(id: number): Promise<void> {
  isEnding = true;
  await follower.close();
  await search.close();
  sql.close();
  send({ id });
}

/** What earlier processes were stopped by. */
function knownTooSlow(sql: Sql): [path: string, version: string][] {
  const rows = sql.all<{ path: string; size: number; modified_ms: number }>(
    "SELECT path, size, modified_ms FROM files WHERE problem_code = 'too_slow'",
  );
  return rows.map(({ path, size, modified_ms }) => [path, `${size} ${modified_ms}`]);
}
