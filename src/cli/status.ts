import { VaultMcpError } from '../errors.js';
import { displayText } from '../foreign-text.js';
import { readStateFile } from '../state/file/read-state-file.js';
import { hasLiveToken } from '../state/rules/prune.js';
import { count } from '../words.js';
import { describeTime } from './durations.js';
import { exitCodeOf, exitCodes } from './errors.js';
import type { Io } from './io.js';
import type { TypedOptions } from './serve-options.js';
import { readStatusSettings } from './serve-settings.js';
import type { Terminal } from './terminal.js';

const patienceMs = 5_000;

/**
 * Says in one line how the server stands, by its /healthz and its state file; returns 0 when it answers that all is well,
 * 3 when the state file cannot be read, and 1 otherwise.
 */
export async function tellStatus(typed: TypedOptions, io: Io, terminal: Terminal): Promise<number> {
  const { url, statePath } = readStatusSettings(typed, io.env, io.cwd);
  const health = await askHealth(url);
  const logins = statePath === undefined ? undefined : await describeLogins(statePath);
  const isWell = health.isWell && logins?.code !== exitCodes.stateUnreadable;
  const parts = [`${isWell ? 'ok' : 'not ok'}: ${health.text}`, ...(logins === undefined ? [] : [logins.text])];
  terminal.print(parts.join('; '));
  return logins !== undefined && logins.code !== exitCodes.done
    ? logins.code
    : isWell
      ? exitCodes.done
      : exitCodes.failed;
}

async function askHealth(url: string): Promise<{ isWell: boolean; text: string }> {
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(patienceMs) });
    const { status, reasons } = (await answer.json()) as { status?: unknown; reasons?: unknown };
    if (answer.ok && status === 'ok') return { isWell: true, text: `the server at ${url} answers` };
    const why = Array.isArray(reasons) ? `: ${displayText(reasons.map(String).join(', '), 200)}` : ` ${answer.status}`;
    return {
      isWell: false,
      text: `the server at ${url} answers ${displayText(String(status ?? 'something else'), 40)}${why}`,
    };
  } catch {
    return { isWell: false, text: `no server answers at ${url}` };
  }
}

async function describeLogins(path: string): Promise<{ code: number; text: string }> {
  try {
    const { view, modifiedMs } = await readStateFile(path);
    const now = Math.floor(Date.now() / 1_000);
    let logins = 0;
    let lastUsed = 0;
    for (const [id, grant] of view.grants.entries()) {
      if (!hasLiveToken(view, id, now)) continue;
      logins += 1;
      lastUsed = Math.max(lastUsed, grant.last_used_at);
    }
    const used = logins === 0 ? '' : `, used ${describeTime(lastUsed, now)}`;
    const saved = describeTime(Math.floor(modifiedMs / 1_000), now);
    return { code: exitCodes.done, text: `${count(logins, 'login')}${used}, saved ${saved}` };
  } catch (error) {
    if (!(error instanceof VaultMcpError)) throw error;
    return { code: exitCodeOf(error), text: error.message };
  }
}
