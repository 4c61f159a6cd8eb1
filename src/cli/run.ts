import { VaultMcpError } from '../errors.js';
import { exitCodeOf, exitCodes } from './errors.js';
import type { Io } from './io.js';
import { runProgram } from './program.js';
import { createTerminal, type Terminal } from './terminal.js';

/** Runs the command line `argv` (without node and script) and returns the exit code; never rejects. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const terminal = await createTerminal(io, !argv.includes('--no-color'));
  let exitCode: number;
  try {
    exitCode = await runProgram(argv, io, terminal);
  } catch (error) {
    tell(terminal, error);
    exitCode = exitCodeOf(error);
  }
  try {
    await terminal.flush();
  } catch (error) {
    terminal.error(`the output cannot be written: ${(error as Error).message}`);
    exitCode ||= exitCodes.failed;
  }
  return exitCode;
}

function tell(terminal: Terminal, error: unknown): void {
  if (error instanceof VaultMcpError) terminal.error(error.message, error.hint);
  else
    terminal.error(error instanceof Error ? error.message : String(error), 'this was not expected: please report it');
}
