import { Command, CommanderError, Option } from 'commander';
import { version } from '../version.js';
import { UsageError } from './errors.js';
import type { Io } from './io.js';
import { type ServeOption, type ServeOptionName, serveOptions, type TypedOptions } from './serve-options.js';
import type { InspectOptions } from './state-inspect.js';
import type { PruneOptions } from './state-prune-expired.js';
import type { RevokeOptions } from './state-revoke.js';
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
    throw toUsageError(error);
  }
  return exitCode;
}

/** Returns the tree of commands; `end` is told the exit code of the one that ran. */
export function createProgram(io: Io, terminal: Terminal, end: (exitCode: number) => void): Command {
  const program = new Command('vault-mcp')
    .description('Serve a folder of Markdown notes over MCP, with logins that survive every restart.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
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
  addServe(program, io, terminal, end);
  addDoctor(program, io, terminal, end);
  const state = program.command('state').description('look at the state file, clean it up, cut off access');
  addInspect(state, io, terminal, end);
  addPruneExpired(state, io, terminal, end);
  addRevoke(state, io, terminal, end);
  return program;
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

function addDoctor(program: Command, io: Io, terminal: Terminal, end: (exitCode: number) => void): void {
  const doctor = program
    .command('doctor')
    .description('check what the settings of serve lead to, and say how to mend it')
    .option('--json', 'for programs: see vault-mcp-state(5)');
  const readTyped = addServeOptions(doctor);
  doctor
    .addHelpText(
      'after',
      examples(
        ['with the settings of a service', 'env $(cat /etc/vault-mcp/env) vault-mcp doctor'],
        ['does the public URL lead here', 'vault-mcp doctor --issuer-url https://vault.example.com'],
      ),
    )
    .action(async (options: { json?: boolean }) => {
      const { runDoctor } = await import('./doctor.js');
      end(await runDoctor(readTyped(), options.json === true, io, terminal));
    });
}

/** Adds the settings of serve; the returned function gives those that were typed. */
function addServeOptions(command: Command): () => TypedOptions {
  const flags = (Object.entries(serveOptions) as [ServeOptionName, ServeOption][]).map(([name, option]) => {
    const flag = new Option(option.flags, describeOption(option));
    command.addOption(flag);
    return { name, attribute: flag.attributeName() };
  });
  return () => {
    const typed = flags.filter(({ attribute }) => command.getOptionValueSource(attribute) === 'cli');
    return Object.fromEntries(typed.map(({ name, attribute }) => [name, command.getOptionValue(attribute)]));
  };
}

const statePathOption = {
  flags: '--state-path <file>',
  description: 'the state file (OAUTH_STATE_PATH)',
} as const;

function addInspect(state: Command, io: Io, terminal: Terminal, end: (exitCode: number) => void): void {
  state
    .command('inspect')
    .description('show clients, their grants, and how long their tokens live')
    .option(statePathOption.flags, statePathOption.description)
    .option('--client <id>', 'only this client: its ID, or the first 6 characters or more')
    .option('--json', 'for programs: see vault-mcp-state(5)')
    .addHelpText(
      'after',
      examples(
        ['who has access', 'vault-mcp state inspect --state-path /var/lib/vault-mcp/state.json'],
        ['the names of all clients', "vault-mcp state inspect --json | jq -r '.clients[].name'"],
      ),
    )
    .action(async (options: InspectOptions) => {
      const { inspectState } = await import('./state-inspect.js');
      end(await inspectState(options, io, terminal));
    });
}

function addPruneExpired(state: Command, io: Io, terminal: Terminal, end: (exitCode: number) => void): void {
  state
    .command('prune-expired')
    .description('remove expired tokens, dead grants and registrations that nobody approved for 30 days')
    .option(statePathOption.flags, statePathOption.description)
    .option('--dry-run', 'list what would go, and change nothing')
    .option('--json', 'for programs: see vault-mcp-state(5)')
    .addOption(new Option('--quiet', 'print nothing on success').conflicts('json'))
    .addHelpText(
      'after',
      examples(
        ['what would go', 'vault-mcp state prune-expired --dry-run'],
        ['in a crontab, beside the running server', '17 3 * * *  vault-mcp state prune-expired --quiet'],
      ),
    )
    .action(async (options: PruneOptions) => {
      const { pruneState } = await import('./state-prune-expired.js');
      end(await pruneState(options, io, terminal));
    });
}

function addRevoke(state: Command, io: Io, terminal: Terminal, end: (exitCode: number) => void): void {
  const targets = ['client', 'grant', 'token', 'tokenStdin', 'all'];
  const target = (flags: string, description: string) => {
    const option = new Option(flags, description);
    return option.conflicts(targets.filter((name) => name !== option.attributeName()));
  };
  state
    .command('revoke')
    .description('cut off a client, a grant, the grant of a token, or everybody; the running server obeys at once')
    .option(statePathOption.flags, statePathOption.description)
    .addOption(target('--client <id>', 'end all grants of this client; its registration stays'))
    .option('--forget', 'with --client: delete the registration too')
    .addOption(target('--grant <id>', 'end this grant and all its tokens'))
    .addOption(target('--token <fingerprint>', 'end the grant that this token belongs to'))
    .addOption(target('--token-stdin', 'the same for a token itself, read from standard input'))
    .addOption(target('--all', 'end every grant'))
    .option('--dry-run', 'tell what would end, and change nothing')
    .option('--yes', 'with --all: do not ask')
    .option('--json', 'for programs: see vault-mcp-state(5)')
    .addHelpText(
      'after',
      `\nIDs and fingerprints may be cut to their first 6 characters or more.\n${examples(
        ['cut off a client that inspect shows', 'vault-mcp state revoke --client 3f9a1c'],
        ['a token that leaked', 'vault-mcp state revoke --token-stdin < leaked-token'],
      )}`,
    )
    .action(async (options: RevokeOptions) => {
      const { revokeAccess } = await import('./state-revoke.js');
      end(await revokeAccess(options, io, terminal));
    });
}

function describeOption({ description, variable, fallback }: ServeOption): string {
  const source = description.includes(variable) ? [] : [variable];
  const notes = [...source, ...(fallback === undefined ? [] : [`default: ${fallback}`])];
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

function examples(...list: [what: string, command: string][]): string {
  return `\nExamples:\n${list.map(([what, command]) => `  # ${what}\n  ${command}`).join('\n')}`;
}

/** Commander says `error: …`, and what it suggests on a second line, in brackets. */
function toUsageError(error: CommanderError): UsageError {
  if (error.code === 'commander.help') return new UsageError('no command is named', 'choose one of the commands above');
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const hint = suggestion?.replace(/^\((.*)\)$/, '$1').replace(/^Did/, 'did') ?? 'vault-mcp --help lists what there is';
  return new UsageError(message, hint);
}
