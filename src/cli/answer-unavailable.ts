import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen, type RunningServer } from '../http/listen.js';
import { isConsole } from '../http/peer.js';
import { silentLog } from '../log.js';
import type { Gate } from './gate.js';
import type { Environment } from './serve-settings.js';
import { notifyServiceManager } from './service-manager.js';

/** A caller that made the service manager start this process asks within this time. */
const askedMs = 500;
/** Below the 90 s that systemd gives a start. */
const heldMs = 60_000;

export interface UnavailableOptions {
  /** The socket that the service manager passed. */
  readonly fd: number;
  readonly error: unknown;
  readonly env: Environment;
  readonly gate: Gate;
  /** The server on that socket, when there is one already. */
  readonly server: RunningServer | undefined;
  /** Resolves when this process is told to stop. */
  readonly stopped: Promise<unknown>;
}

/**
 * Answers 503 on the passed socket in place of a server that cannot start. Otherwise systemd would start the service again
 * at once for every waiting caller, without end. Returns within half a second if nobody calls, else after a minute.
 */
export async function answerUnavailable({ fd, error, env, gate, server, stopped }: UnavailableOptions): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  gate.open(refuse(reason));
  const running =
    server ?? (await listen(gate.handle, { host: '', port: 0, fd, log: silentLog }).catch(() => undefined));
  void notifyServiceManager(env, `--status=cannot serve: ${reason}`);
  const silence = new AbortController();
  const options = { signal: silence.signal };
  const end = Promise.race([stopped.then(() => false), gate.asked.then(() => true), sleep(askedMs, false, options)]);
  if (await end) await Promise.race([stopped, sleep(heldMs, undefined, options)]);
  silence.abort();
  await running?.close();
}

/** Only clients on this machine get the reason, which may have paths. */
function refuse(reason: string): RequestListener {
  return (request, response) => {
    const description = isConsole(request)
      ? `The server cannot start: ${reason}`
      : 'The server cannot start; its log says why.';
    response.writeHead(503, { 'Content-Type': 'application/json', 'Retry-After': '60', Connection: 'close' });
    response.end(JSON.stringify({ error: 'temporarily_unavailable', error_description: description }));
  };
}
