import { Worker } from 'node:worker_threads';
import { SearchError } from './errors.js';
import type { AllCalls, Reply, Request, WorkerSettings } from './worker-protocol.js';

/** The index's worker thread, seen from the main one. */
export interface IndexClient {
  /** Rejects with what the call threw, or SearchError when the worker died or was closed. */
  call<Name extends keyof AllCalls>(name: Name, argument: Parameters<AllCalls[Name]>[0]): ReturnType<AllCalls[Name]>;
  /** False once the worker died or was closed. */
  isRunning(): boolean;
  close(): Promise<void>;
}

/** Starts a worker; `onDeath` is called once if it ends without being asked to. */
export function startIndexWorker(settings: WorkerSettings, onDeath: (cause: Error) => void): IndexClient {
  const worker = new Worker(new URL('./index-worker.js', import.meta.url), {
    workerData: settings,
    // Flags of the program around, such as --input-type, may not suit a thread that has a file.
    execArgv: [],
    // Young objects of a note are short-lived; V8's default lets them pile up to 48 MB first.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (reason: unknown) => void }>();
  let nextId = 0;
  let ended: SearchError | undefined;

  function end(reason: SearchError): void {
    if (ended !== undefined) return;
    ended = reason;
    for (const { reject } of waiting.values()) reject(reason);
    waiting.clear();
  }

  function die(cause: Error): void {
    if (ended !== undefined) return;
    end(new SearchError('search_failed', 'the search index stopped and is being built anew', { cause }));
    onDeath(cause);
  }

  worker.on('message', ({ id, result, error }: Reply) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(error);
  });
  worker.on('error', die);
  worker.on('exit', (code) => die(new Error(`the worker ended with code ${code}`)));

  return {
    call(name, argument) {
      const promise = new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, name, argument } satisfies Request);
      });
      return promise as ReturnType<AllCalls[typeof name]>;
    },
    isRunning: () => ended === undefined,
    async close() {
      end(new SearchError('search_closed', 'the search index is closed'));
      await worker.terminate();
    },
  };
}
