import { Argument, Command, CommanderError, Option } from 'commander';
import { version } from '../version.js';
import { completeWords, recordsOf, writeCompletion } from './completion.js';
import { completionScript, shells } from './completion-scripts.js';
import type { DoctorOptions } from './doctor.js';
import { UsageError } from './errors.js';
import { addInit } from './init-program.js';
import type { Io } from './io.js';
import { examples, findCommand, nameOf, toUsageError } from './program-help.js';
import { type ServeOption, type ServeOptionName, serveOptions, type TypedOptions } from './serve-options.js';
import { addState } from './state-program.js';
import type { Terminal } from './terminal.js';

/** Parses `argv`, runs the command it names and returns its exit code; each command's code is loaded when it runs. */
export async function runProgram(argv: readonly string[], io: Io, terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const program = createProgram(io, terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    throw toUsageError(error, findCommand(program, argv).command);
  }
  return exitCode;
}

/** Returns the tree of commands; `end` is called with the exit code of the one that ran. */
export function createProgram(io: Io, terminal: Terminal, end: (exitCode: number) => void): Command {
  const program = new Command('vault-mcp')
    .description('Serve a folder of Markdown notes over MCP, with logins that survive every restart.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addOption(new Option('-v').hideHelp())
    .on('option:v', () => {
      terminal.print(version);
      throw new CommanderError(0, 'commander.version', version);
    })
    .option('--env-file <file>', 'read variables from this file; variables in the environment win')
    .option('--no-color', 'no colour on terminals (as NO_COLOR does)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => terminal.print(text.replace(/\n$/, '')),
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => {},
      getOutHelpWidth: () => (io.stdout.isTTY === true ? Math.min(terminal.width, 100) : 80),
      getErrHelpWidth: () => 80,
    })
    .exitOverride();
  addInit(program, io, terminal, end);
  addServe(program, io, terminal, end);
  addDoctor(program, io, terminal, end);
  addStatus(program, io, terminal, end);
  addState(program, io, terminal, end);
  addCompletion(program, io, terminal);
  program
    .command('help')
    .argument('[command...]', 'as in: help state inspect')
    .description('print the help of a command')
    .action((words: string[]) => {
      const { command, rest } = findCommand(program, words);
      if (rest.length === 0) command.outputHelp();
      else throw new UsageError(`unknown command '${words.join(' ')}'`, `${nameOf(command)} --help lists the commands`);
    });
  return program;
}

function addCompletion(program: Command, io: Io, terminal: Terminal): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell that the script is for').choices(shells))
    .description('print the shell script that completes commands, options and IDs')
    .addHelpText(
      'after',
      examples(
        ['bash and zsh, in ~/.bashrc or ~/.zshrc after compinit', 'source <(vault-mcp completion bash)'],
        ['fish', 'vault-mcp completion fish > ~/.config/fish/completions/vault-mcp.fish'],
      ),
    )
    .action((shell: string) => terminal.print(completionScript(shell)));
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      terminal.print(writeCompletion(await completeWords(program, words, recordsOf(io))));
    });
}

function addServe(program: Command, io: Io, terminal: Terminal, end: (exitCode: number) => void): void {
  const serve = program.command('serve').description('serve a vault until SIGTERM or SIGINT');
  const readTyped = addServeOptions(serve);
  serve
    .addHelpText(
      'after',
      examples(
        ['serve ~/notes to this machine', 'vault-mcp serve --vault-path ~/notes --state-path ~/.vault-mcp/state.json'],
        [
          'serve behind a proxy that ends TLS',
          'OAUTH_PIN_FILE=/etc/vault-mcp/pin vault-mcp serve --vault-path /srv/notes \\\n' +
            '    --state-path /var/lib/vault-mcp/state.json --issuer-url https://vault.example.com',
        ],
      ),
    )
    .action(async () => {
      const { serve: runServe } = await import('./serve.js');
      end(await runServe(readTyped(), io, terminal));
    });
}

function addStatus(program: Command, io: Io, terminal: Terminal, end: (exitCode: number) => void): void {
  const status = program.command('status').description('say in one line whether the server and its logins work');
  const readTyped = addServeOptions(status, ['host', 'port', 'statePath']);
  status
    .addHelpText(
      'after',
      examples(
        ['does it work', 'vault-mcp status --state-path /var/lib/vault-mcp/state.json'],
        ['in a script', "vault-mcp status --env-file /etc/vault-mcp/env || echo 'vault-mcp does not work'"],
      ),
    )
    .action(async () => {
      const { tellStatus } = await import('./status.js');
      end(await tellStatus(readTyped(), io, terminal));
    });
}

function addDoctor(program: Command, io: Io, terminal: Terminal, end: (exitCode: number) => void): void {
  const doctor = program
    .command('doctor')
    .description('check the settings of serve, and say how to correct them')
    .option('--user <name>', 'check with the rights of this user (needs root)')
    .option('--unit <file>', 'check this service unit of systemd, with its settings and user')
    .option('--json', 'for programs: see vault-mcp-state(5)');
  const readTyped = addServeOptions(doctor);
  doctor
    .addHelpText(
      'after',
      examples(
        ['a service', 'vault-mcp doctor --unit /etc/systemd/system/vault-mcp.service'],
        ['does the public URL lead here', 'vault-mcp doctor --issuer-url https://vault.example.com'],
      ),
    )
    .action(async () => {
      const { runDoctor } = await import('./doctor.js');
      end(await runDoctor(readTyped(), doctor.optsWithGlobals<DoctorOptions>(), io, terminal));
    });
}

/** Adds the settings of serve; the returned function gives those that were typed. */
function addServeOptions(
  command: Command,
  names: readonly ServeOptionName[] = Object.keys(serveOptions) as ServeOptionName[],
): () => TypedOptions {
  const flags = names.map((name) => {
    const option: ServeOption = serveOptions[name];
    const flag = new Option(option.flags, describeOption(option)).helpGroup(option.group);
    // The value is checked where variables are, too; the choices are for completion.
    if (option.choices !== undefined) flag.argChoices = [...option.choices];
    if (option.repeatable) flag.argParser((value, before) => (before === undefined ? value : `${before},${value}`));
    command.addOption(flag);
    return { name, attribute: flag.attributeName() };
  });
  return () => {
    const typed = flags.filter(({ attribute }) => command.getOptionValueSource(attribute) === 'cli');
    return Object.fromEntries(typed.map(({ name, attribute }) => [name, command.getOptionValue(attribute)]));
  };
}

function describeOption({ description, variable, fallback }: ServeOption): string {
  const source = description.includes(variable) ? [] : [variable];
  const notes = [...source, ...(fallback === undefined ? [] : [`default: ${fallback}`])];
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}
