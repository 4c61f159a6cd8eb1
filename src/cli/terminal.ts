import { once } from 'node:events';
import { systemErrorCode } from '../errors.js';
import type { Log } from '../log.js';
import type { Io, Output } from './io.js';
import { isJournal } from './service-manager.js';

// All that a person reads passes here, but for the server's log. The rules:
// - results go to stdout; everything else goes to stderr, each line as `vault-mcp: <what>: …`;
// - an error is one line, and a hint is one line that says what to do;
// - beside a log in JSON what goes to stderr is JSON too, off a terminal;
// - colour is for terminals only, and never carries meaning by itself;
// - a reader that went away (EPIPE) ends the output, and is no failure.

type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
}

const plain: Paint = (text) => text;
const unstyled: Style = { bold: plain, dim: plain, good: plain, bad: plain, warn: plain };

/** Wide enough for one record a line; what is no terminal gets all of it. */
const widest = 200;
const narrowest = 60;

export interface Terminal {
  /** For stdout. */
  readonly style: Style;
  /** Columns to lay results out in, 60 to 200. */
  readonly width: number;
  /** True when a person reads the results. */
  readonly isInteractive: boolean;
  /** True when a person can be asked. */
  readonly canAsk: boolean;
  /** Writes a result; a newline is added. */
  print(text: string): void;
  error(message: string, hint?: string): void;
  warn(message: string): void;
  note(message: string): void;
  hint(message: string): void;
  /** Asks on stderr; false for anything but yes. */
  confirm(question: string): Promise<boolean>;
  /** Resolves when all is written; rejects when a result could not be, unless its reader went away. */
  flush(): Promise<void>;
}

/** Returns the terminal over `io`; `allowColor` false is `--no-color`, `jsonLog` is `--log-format json`. */
export async function createTerminal(io: Io, allowColor: boolean, jsonLog: boolean = false): Promise<Terminal> {
  const style = await createStyle(io, io.stdout, allowColor);
  const errorStyle = await createStyle(io, io.stderr, allowColor);
  let failure: Error | undefined;
  io.stdout.on('error', (error) => {
    failure ??= error;
  });
  // Nobody is left to be told.
  io.stderr.on('error', () => {});

  const isLog = io.stderr.isTTY !== true;
  const journal = isLog && isJournal(io.stderr, io.env);
  const log = isLog && jsonLog ? await createJsonLog(io.stderr, journal) : undefined;

  function diagnose(what: string, message: string, paint: Paint, priority: string): void {
    const start = journal ? priority : '';
    for (const line of message.split('\n')) io.stderr.write(`${start}vault-mcp: ${paint(`${what}:`)} ${line}\n`);
  }
  function hint(message: string): void {
    if (log === undefined) diagnose('hint', message, errorStyle.bold, '<6>');
    else log.info(message);
  }
  return {
    style,
    width: io.stdout.isTTY === true ? Math.min(widest, Math.max(narrowest, io.stdout.columns ?? 80)) : widest,
    isInteractive: io.stdout.isTTY === true,
    canAsk: io.stdin.isTTY === true && io.stderr.isTTY === true,
    print: (text) => {
      if (failure === undefined) io.stdout.write(`${text}\n`);
    },
    error: (message, advice) => {
      if (log !== undefined) {
        log.error(message, advice === undefined ? {} : { hint: advice });
        return;
      }
      diagnose('error', message, errorStyle.bad, '<3>');
      if (advice !== undefined) hint(advice);
    },
    warn: (message) => {
      if (log === undefined) diagnose('warning', message, errorStyle.warn, '<4>');
      else log.warn(message);
    },
    note: (message) => {
      if (log === undefined) diagnose('note', message, plain, '<6>');
      else log.info(message);
    },
    hint,
    confirm: async (question) => {
      const { createInterface } = await import('node:readline/promises');
      const lines = createInterface({ input: io.stdin, output: io.stderr });
      const ended = once(lines, 'close').then(() => 'no');
      const answer = await Promise.race([lines.question(`${question} [y/N] `), ended]);
      lines.close();
      return /^y(es)?$/i.test(answer.trim());
    },
    flush: async () => {
      await new Promise<void>((resolve) => io.stdout.write('', () => resolve()));
      if (failure !== undefined && systemErrorCode(failure) !== 'EPIPE') throw failure;
    },
  };
}

async function createJsonLog(destination: Output, journal: boolean): Promise<Log> {
  const { createLog } = await import('../log.js');
  return createLog({ format: 'json', destination, journal });
}

async function createStyle(io: Io, output: Output, allowColor: boolean): Promise<Style> {
  const isWanted = allowColor && !io.env['NO_COLOR'] && io.env['TERM'] !== 'dumb';
  if (output.isTTY !== true || !isWanted) return unstyled;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return { bold: chalk.bold, dim: chalk.dim, good: chalk.green, bad: chalk.red.bold, warn: chalk.yellow };
}
