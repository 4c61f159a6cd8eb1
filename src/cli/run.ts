import { addEnvFile } from './env-file.js';
import { exitCodeOf, exitCodes, tellFailure } from './errors.js';
import type { Io } from './io.js';
import { runProgram } from './program.js';
import { createTerminal } from './terminal.js';

/** Runs the command line `argv` (without node and script) and returns the exit code; never rejects. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let env = io.env;
  let failure: unknown;
  try {
    env = await addEnvFiles(argv, io.env);
  } catch (error) {
    failure = error;
  }
  const terminal = await createTerminal({ ...io, env }, !argv.includes('--no-color'), isJsonLog(argv, env));
  let exitCode: number;
  try {
    if (failure !== undefined) throw failure;
    exitCode = await runProgram(argv, { ...io, env }, terminal);
  } catch (error) {
    tellFailure(terminal, error);
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

/** Runs before the command line is parsed, because its errors may depend on the variables. The last file wins. */
async function addEnvFiles(argv: readonly string[], env: Io['env']): Promise<Io['env']> {
  let added = env;
  for (const path of valuesOf(argv, '--env-file').reverse()) added = await addEnvFile(path, added);
  return added;
}

/** Only serve has a log. */
function isJsonLog(argv: readonly string[], env: Io['env']): boolean {
  const format = valuesOf(argv, '--log-format').at(-1) ?? env['LOG_FORMAT'] ?? '';
  return argv.includes('serve') && format.trim().toLowerCase() === 'json';
}

function valuesOf(argv: readonly string[], flag: string): string[] {
  return argv.flatMap((word, index) => {
    if (word.startsWith(`${flag}=`)) return [word.slice(flag.length + 1)];
    return word === flag && argv[index + 1] !== undefined ? [argv[index + 1] as string] : [];
  });
}
