import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import type { Log } from '../../log.js';
import { NotesError, type NotesErrorCode } from '../errors.js';
import type { NotesStatus } from '../notes.js';
import type { OpenNotesOptions } from '../open-notes.js';
import { SharedProgress } from './progress.js';
import type { Failure, Message, Request, WorkerSettings } from './protocol.js';

/** The worker as the main thread sees it: it is started again when it dies, and asked again what it left unanswered. */
export interface WorkerClient {
  /** Resolves to the call's result; rejects with NotesError. */
  call(name: Request['name'], argument: unknown, signal?: AbortSignal): Promise<unknown>;
  status(): NotesStatus;
  close(): Promise<void>;
}

interface Pending {
  readonly request: Request;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Workers that died while it was asked. */
  deaths: number;
}

const checksPerTimeout = 20;
/** How much of a standstill it counts to wait, for the processor or a disk. */
const waitingShare = 0.1;
/** Deaths further apart than this are no series. */
const calmMs = 60_000;
const minDelayMs = 1000;
const maxDelayMs = 60_000;
/** From this death of a series on, a catalogue that failed is kept in memory. */
const deathsInFile = 3;
/** In MB; a note of 10 MB and what the parser makes of it fit in. */
const heapMb = 1024;

/** Starts the worker; calls wait for it. One that computes for `callTimeoutMs` without a sign is ended. */
export function startWorker({ log, callTimeoutMs = 20_000, ...settings }: OpenNotesOptions): WorkerClient {
  const pending = new Map<number, Pending>();
  const tooSlow = new Map<string, string>();
  const nonce = randomBytes(8).toString('hex');
  let status: NotesStatus = { ready: false, files: 0, indexed: 0, chunks: 0, problems: 0 };
  let worker: Worker | undefined;
  let progress: SharedProgress;
  let lastId = 0;
  let isClosed = false;
  let broken: string | undefined;
  let standstill: string | undefined;
  let deaths = 0;
  let lastDeathMs = Number.NEGATIVE_INFINITY;
  let restartTimer: NodeJS.Timeout | undefined;
  let watchdog: NodeJS.Timeout | undefined;

  function start(): void {
    restartTimer = undefined;
    progress = new SharedProgress();
    const discard = broken !== undefined;
    broken = undefined;
    standstill = undefined;
    const cataloguePath = discard && deaths >= deathsInFile ? undefined : settings.cataloguePath;
    const workerData: WorkerSettings = { ...settings, cataloguePath, nonce, memory: progress.memory, tooSlow, discard };
    const started = new Worker(new URL('./worker.js', import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16 },
    });
    let failure: unknown;
    started.on('message', receive);
    started.on('error', (error) => {
      failure = error;
    });
    started.on('exit', () => {
      if (worker === started) ended(failure);
    });
    worker = started;
    watch(started);
    for (const { request } of pending.values()) started.postMessage(request);
  }

  /**
   * Counts what the process computes, by looks of its own, rather than time: one that is stopped, suspended or starved is
   * slow and not at a standstill.
   */
  function watch(started: Worker): void {
    const lookMs = callTimeoutMs / checksPerTimeout;
    let spentMs = 0;
    let seen = -1;
    let before = computedMs();
    clearInterval(watchdog);
    watchdog = setInterval(() => {
      const [beats, now] = [progress.heartbeats(), computedMs()];
      const busyMs = Math.min(lookMs, now - before);
      before = now;
      spentMs = beats === seen ? spentMs + busyMs + (lookMs - busyMs) * waitingShare : 0;
      seen = beats;
      if (spentMs < callTimeoutMs) return;
      spentMs = 0;
      standstill = `nothing was done for ${callTimeoutMs / 1000} s`;
      void started.terminate();
    }, lookMs).unref();
  }

  function receive(message: Message): void {
    if ('id' in message) {
      const call = pending.get(message.id);
      pending.delete(message.id);
      if (message.failure === undefined) call?.resolve(message.result);
      else call?.reject(errorOf(message.failure, call.deaths > 0, log));
    } else if ('status' in message) {
      status = message.status;
    } else if ('log' in message) log[message.log](message.message, message.fields);
    else {
      broken = message.broken;
      void worker?.terminate();
    }
  }

  function ended(failure: unknown): void {
    worker = undefined;
    clearInterval(watchdog);
    status = { ...status, ready: false };
    const reason = broken ?? standstill ?? (failure instanceof Error ? failure.message : 'it ended');
    if (isClosed) {
      failAll(stopped());
      return;
    }
    const now = performance.now();
    deaths = now - lastDeathMs > calmMs ? 1 : deaths + 1;
    lastDeathMs = now;
    if (broken === undefined) blame(reason);
    else log.warn('the catalogue failed and is rebuilt', { reason });
    // The first comes back at once: most often one call or note was at fault, and is put aside.
    const delayMs = deaths <= 3 ? 0 : Math.min(maxDelayMs, minDelayMs * 2 ** (deaths - 4));
    log[broken === undefined ? 'error' : 'info']('the notes are started anew', { reason, inMs: delayMs });
    if (delayMs === 0) start();
    else {
      failAll(startingAnew());
      restartTimer = setTimeout(start, delayMs);
    }
  }

  /** Puts aside what the worker was at when it died. */
  function blame(reason: string): void {
    const file = progress.file();
    if (file !== undefined) {
      tooSlow.set(file.path, file.version);
      log.warn('a note is skipped until it changes', { path: file.path, reason });
    }
    const current = progress.call();
    for (const [id, call] of pending) {
      call.deaths++;
      if (id !== current && call.deaths < 2) continue;
      pending.delete(id);
      call.reject(
        new NotesError(
          standstill === undefined ? 'stopped' : 'too_slow',
          `The call was ended: ${reason}${file === undefined ? '' : ` at ${JSON.stringify(file.path)}, which is skipped until it changes`}. It is not known whether a change was made: read the note.`,
        ),
      );
    }
  }

  function failAll(error: NotesError): void {
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  }

  function call(name: Request['name'], argument: unknown, signal?: AbortSignal): Promise<unknown> {
    if (isClosed) return Promise.reject(stopped());
    if (worker === undefined) return Promise.reject(startingAnew());
    if (signal?.aborted) return Promise.reject(cancelled());
    const id = ++lastId;
    const request: Request = { id, name, argument };
    try {
      worker.postMessage(request);
    } catch (error) {
      return Promise.reject(new NotesError('bad_argument', 'A value is nested too deeply.', { cause: error }));
    }
    const result = new Promise<unknown>((resolve, reject) => {
      pending.set(id, { request, resolve, reject, deaths: 0 });
    });
    if (signal === undefined) return result;
    const abort = () => {
      progress.cancel(id);
      pending.get(id)?.reject(cancelled());
      pending.delete(id);
    };
    signal.addEventListener('abort', abort, { once: true });
    return result.finally(() => signal.removeEventListener('abort', abort));
  }

  start();
  return {
    call,
    status: () => status,
    async close() {
      if (isClosed) return;
      const ending = worker;
      const closed = ending === undefined ? undefined : call('close', undefined);
      isClosed = true;
      clearTimeout(restartTimer);
      // A worker that stands still is not waited for.
      const timeout = setTimeout(() => void ending?.terminate(), callTimeoutMs);
      await closed?.catch(() => {});
      clearTimeout(timeout);
      clearInterval(watchdog);
      await ending?.terminate();
      failAll(stopped());
    },
  };
}

function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function errorOf({ code, message, hint, stack }: Failure, wasCutOff: boolean, log: Log): Error {
  if (code !== undefined) {
    const doubt = wasCutOff
      ? ' The call was repeated: the first attempt was interrupted, and may have changed something.'
      : '';
    return new NotesError(code as NotesErrorCode, message + doubt, hint === undefined ? {} : { hint });
  }
  log.error('a call failed in the notes', { error: stack ?? message });
  return Object.assign(new Error(message), stack === undefined ? {} : { stack });
}

function stopped(): NotesError {
  return new NotesError('stopped', 'The notes are closed: the server is stopping.');
}

function startingAnew(): NotesError {
  return new NotesError('stopped', 'The notes stopped and are starting again: try again in a moment.');
}

function cancelled(): NotesError {
  return new NotesError('cancelled', 'The call was cancelled.');
}
