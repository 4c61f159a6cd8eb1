import { VaultMcpError } from '../errors.js';
import type { Terminal } from './terminal.js';

/** What was typed or set cannot be used; nothing was opened or changed. */
export class UsageError extends VaultMcpError {
  constructor(message: string, hint: string) {
    super('usage', message, { hint });
  }
}

export const exitCodes = { done: 0, failed: 1, usage: 2, stateUnreadable: 3, stateLocked: 4 } as const;

const exitCodeByErrorCode: Readonly<Record<string, number>> = {
  usage: exitCodes.usage,
  state_missing: exitCodes.stateUnreadable,
  state_unreadable: exitCodes.stateUnreadable,
  state_version: exitCodes.stateUnreadable,
  state_foreign: exitCodes.stateUnreadable,
  state_locked: exitCodes.stateLocked,
  invalid_host: exitCodes.usage,
  invalid_trust_proxy: exitCodes.usage,
};

/** Returns the exit code that a failure stands for. */
export function exitCodeOf(error: unknown): number {
  const code = error instanceof VaultMcpError ? error.code : '';
  return exitCodeByErrorCode[code] ?? exitCodes.failed;
}

/** Tells a failure and what to do about it. */
export function tellFailure(terminal: Pick<Terminal, 'error'>, error: unknown): void {
  if (error instanceof VaultMcpError) terminal.error(error.message, error.hint);
  else
    terminal.error(
      error instanceof Error ? error.message : String(error),
      'this is an unexpected error: please report it',
    );
}
