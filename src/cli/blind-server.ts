import { setTimeout as sleep } from 'node:timers/promises';
import { describeKnown } from '../state/rules/describe-known.js';
import type { StateView } from '../state/schema.js';
import type { CommandStore } from '../state/store/open-command-store.js';
import { exitCodes } from './errors.js';
import type { Io } from './io.js';
import { isOfThisMachine, ownUrl } from './local-url.js';
import { serveOptions } from './serve-options.js';
import type { Terminal } from './terminal.js';

/** A server that follows the file answers at once; one whose disk is slow is given the second that is promised. */
const patienceMs = 1_500;
const mostIds = 24;
const sampleSize = 6;

/**
 * Asks the server that is told of in the state file, and the one of the settings, whether it sees what was just changed:
 * one that uses another file, such as a copy, a hard link or a file mounted alone, would go on as before. Returns 1 and
 * says so for a server that knows this state and not the change; 0 else, and when none answers. `ids` are of grants and
 * clients that the change is about.
 */
export async function findBlindServer(
  store: CommandStore,
  ids: readonly string[],
  { env }: Io,
  terminal: Terminal,
): Promise<number> {
  const setting = (name: 'host' | 'port') => env[serveOptions[name].variable] || serveOptions[name].fallback;
  const host = setting('host').replace(/^\[(.*)\]$/, '$1');
  const urls = new Set([ownUrl(host, Number(setting('port')))]);
  // A copy from another machine has that machine's address, which may now belong to anybody.
  if (store.servedAt !== undefined && isOfThisMachine(store.servedAt)) urls.add(store.servedAt);
  const asked = [...new Set([...ids, ...sampleOf(store.view())])].filter((id) => /^[\w.~-]{8,100}$/.test(id));
  const blind: string[] = [];
  for (const url of urls) if (!(await sees(url, store, asked.slice(0, mostIds)))) blind.push(url);
  for (const url of blind) {
    terminal.warn(`the server at ${url} does not see this change: it uses another file`);
  }
  if (blind.length === 0) return exitCodes.done;
  terminal.hint(
    `name the server's file with --state-path, or restart the server with ${store.path}; in a container, mount the folder, not the file`,
  );
  return exitCodes.failed;
}

/** A change that was made before, and was not seen then, shows in the clients; a new one is the last. */
function sampleOf(view: StateView): string[] {
  const clients = [...view.clients.entries()].map(([id]) => id);
  const grants = [...view.grants.entries()].map(([id]) => id);
  return [...clients.slice(-sampleSize), ...grants.slice(-sampleSize)];
}

/** True as well when no server answers, and for one that has nothing to do with this file. */
async function sees(url: string, store: CommandStore, ids: readonly string[]): Promise<boolean> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const theirs = await askKnown(url, ids);
    if (theirs === undefined || /^-*$/.test(theirs)) return true;
    // Others change the file meanwhile.
    if (theirs === describeKnown(await store.freshView(), ids)) return true;
    if (performance.now() > end) return false;
    await sleep(100);
  }
}

async function askKnown(url: string, ids: readonly string[]): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(1_000);
    const answer = await fetch(`${url}/healthz?known=${ids.join(',')}`, { redirect: 'error', signal });
    const { known } = (await answer.json()) as { known?: unknown };
    return typeof known === 'string' && known.length === ids.length ? known : undefined;
  } catch {
    return undefined;
  }
}
