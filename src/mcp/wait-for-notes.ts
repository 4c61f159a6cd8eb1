import { setTimeout as sleep } from 'node:timers/promises';
import { count } from '../words.js';
import type { ToolContext } from './tool.js';

const mostMs = 2_000;
const lookMs = 20;

/**
 * Waits up to two seconds for the first pass over the notes, which is over by then in most vaults. Returns what to say of an
 * answer that cannot be complete yet, or undefined.
 */
export async function waitForNotes({ notes, signal }: ToolContext): Promise<string | undefined> {
  const until = performance.now() + mostMs;
  while (!notes.status().ready && performance.now() < until && signal?.aborted !== true) await sleep(lookMs);
  const { ready, indexed, files } = notes.status();
  return ready
    ? undefined
    : `Indexing in progress: ${indexed} of ${count(files, 'note')} so far. This answer is not complete.`;
}
