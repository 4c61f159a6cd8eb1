import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkStateFile } from '../state/file/check-state-file.js';
import type { Decision, Found } from '../state/rules/decide.js';
import { summarize } from '../state/rules/summary.js';
import { exitCodes } from './errors.js';
import type { Io } from './io.js';
import { describeTotals, jsonVersion } from './state-output.js';
import { statePathOf } from './state-path.js';
import type { Terminal } from './terminal.js';

export interface CheckOptions {
  statePath?: string;
  json?: boolean;
}

/** Tells whether the state file is sound, and what serve would do with it; returns 3 when it is not. Changes nothing. */
export async function checkState(options: CheckOptions, io: Io, terminal: Terminal): Promise<number> {
  const path = statePathOf(options, io);
  const now = Math.floor(Date.now() / 1_000);
  const { found, reason, hint, decision, view, mode } = await checkStateFile(path, now);
  const isSound = found === 'good' || found === 'older';
  const copies = isSound ? [] : await findSoundCopies(path, now);
  if (options.json === true) {
    const facts = {
      found,
      sound: isSound,
      reason: isSound ? null : (reason ?? null),
      serve: tellServe(found, decision),
    };
    terminal.print(JSON.stringify({ json_version: jsonVersion, path, ...facts, copies }));
    return isSound ? exitCodes.done : exitCodes.stateUnreadable;
  }
  if (isSound && view !== undefined) {
    terminal.print(`${path} is sound: ${describeTotals(summarize(view, now).totals, true)}`);
    if (found === 'older') terminal.print(tellServe(found, decision));
    if (mode !== undefined && (mode & 0o77) !== 0) {
      terminal.warn(`${path} is open to other users`);
      terminal.hint(`chmod 600 ${path}`);
    }
    return exitCodes.done;
  }
  terminal.error(reason ?? `${path} cannot be used`);
  terminal.note(tellServe(found, decision));
  if (found === 'foreign' && hint !== undefined) {
    terminal.hint(hint);
    return exitCodes.stateUnreadable;
  }
  const newest = copies.at(-1);
  terminal.hint(
    newest === undefined
      ? `to repair it: stop the server, replace the file by a backup with cp -p, start the server`
      : `to repair it: stop the server, cp -p ${newest} ${path}, start the server`,
  );
  return exitCodes.stateUnreadable;
}

function tellServe(found: Found, { serve, keepAside, refuse }: Decision): string {
  if (refuse) return 'serve does not start, and changes nothing';
  if (found === 'failed') return 'serve starts, answers 503 until the file can be read, and changes nothing';
  if (found === 'older') return 'serve imports it, and nobody has to log in again';
  if (!keepAside) return 'serve uses it';
  return serve === 'file'
    ? 'serve keeps a copy of it, and uses the records that are sound'
    : 'serve waits 5 seconds, keeps a copy of it and starts empty: every client has to log in again';
}

/** Returns the copies beside the file that could take its place, the newest last. */
async function findSoundCopies(path: string, now: number): Promise<string[]> {
  const name = basename(path);
  const names = await readdir(dirname(path)).catch(() => []);
  const found: { path: string; modifiedMs: number }[] = [];
  for (const each of names.filter((copy) => copy.startsWith(`${name}.`) || copy === `${name}~`)) {
    const copy = join(dirname(path), each);
    const stats = await stat(copy).catch(() => undefined);
    if (stats?.isFile() !== true) continue;
    const checked = await checkStateFile(copy, now).catch(() => undefined);
    if (checked?.found === 'good' || checked?.found === 'older') found.push({ path: copy, modifiedMs: stats.mtimeMs });
  }
  return found.sort((a, b) => a.modifiedMs - b.modifiedMs).map((copy) => copy.path);
}
