import { type Command, Option } from 'commander';
import type { Io } from './io.js';
import { examples } from './program-help.js';
import type { AddClientOptions } from './state-add-client.js';
import type { CheckOptions } from './state-check.js';
import type { ExportOptions, ImportOptions } from './state-export.js';
import type { InspectOptions } from './state-inspect.js';
import type { PruneOptions } from './state-prune-expired.js';
import type { RevokeOptions } from './state-revoke.js';
import type { Terminal } from './terminal.js';

type End = (exitCode: number) => void;

/** Adds `state` and its commands; each one's code is loaded when it runs. */
export function addState(program: Command, io: Io, terminal: Terminal, end: End): void {
  const state = program.command('state').description('look at the state file, clean it up, cut off access');
  addInspect(state, io, terminal, end);
  addPruneExpired(state, io, terminal, end);
  addRevoke(state, io, terminal, end);
  addAddClient(state, io, terminal, end);
  addCheck(state, io, terminal, end);
  addExportAndImport(state, io, terminal, end);
}

const statePathOption = {
  flags: '--state-path <file>',
  description: 'the state file (OAUTH_STATE_PATH)',
} as const;

function addInspect(state: Command, io: Io, terminal: Terminal, end: End): void {
  state
    .command('inspect')
    .description('show who is logged in, since when, and how long that lasts')
    .option(statePathOption.flags, statePathOption.description)
    .option('--client <id>', 'only this client: its ID, or the first 6 characters or more')
    .option('--name <text>', 'only clients with this text in their name or redirect URI')
    .option('--idle <duration>', 'only logins that were not used for so long, such as 30d')
    .option('--expired', 'only logins whose tokens have all expired')
    .option('--never-approved', 'only registrations that nobody approved')
    .addOption(
      new Option('--sort <order>', 'the order of the logins (default: used)').choices([
        'used',
        'since',
        'expires',
        'name',
        'host',
      ]),
    )
    .option('--absolute', 'times in UTC in place of ages')
    .option('--long', 'clients with their grants and tokens, the oldest first')
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

function addPruneExpired(state: Command, io: Io, terminal: Terminal, end: End): void {
  state
    .command('prune-expired')
    .description('remove expired tokens, dead grants and registrations that nobody approved for 30 days')
    .option(statePathOption.flags, statePathOption.description)
    .option('--unused <duration>', 'also registrations without a grant that nobody used for so long, such as 90d')
    .option('--dry-run', 'list what would go, and change nothing')
    .option('--json', 'for programs: see vault-mcp-state(5)')
    .addOption(new Option('--quiet', 'print nothing on success').conflicts('json'))
    .addHelpText(
      'after',
      examples(
        ['what would go', 'vault-mcp state prune-expired --dry-run'],
        [
          'in a crontab, beside the running server',
          'PATH=/usr/local/bin:/usr/bin:/bin\n  17 3 * * *  vault-mcp state prune-expired --quiet',
        ],
      ),
    )
    .action(async (options: PruneOptions) => {
      const { pruneState } = await import('./state-prune-expired.js');
      end(await pruneState(options, io, terminal));
    });
}

function addCheck(state: Command, io: Io, terminal: Terminal, end: End): void {
  state
    .command('check')
    .description('tell whether the file is sound, what serve would do with it, and the way back')
    .option(statePathOption.flags, statePathOption.description)
    .option('--json', 'for programs: see vault-mcp-state(5)')
    .addHelpText(
      'after',
      examples(
        ['is the file sound', 'vault-mcp state check --state-path /var/lib/vault-mcp/state.json'],
        ['is a backup', 'vault-mcp state check --state-path backup.json'],
      ),
    )
    .action(async (options: CheckOptions) => {
      const { checkState } = await import('./state-check.js');
      end(await checkState(options, io, terminal));
    });
}

function addExportAndImport(state: Command, io: Io, terminal: Terminal, end: End): void {
  state
    .command('export')
    .description('write the state, or what belongs to some clients, to standard output')
    .option(statePathOption.flags, statePathOption.description)
    .option('--client <id>', 'only this client and its logins (repeatable)', addValue)
    .addHelpText(
      'after',
      examples(
        ['a backup, beside the running server', '(umask 077; vault-mcp state export > backup.json)'],
        ['one client', '(umask 077; vault-mcp state export --client 3f9a1c > claude.json)'],
      ),
    )
    .action(async (options: ExportOptions) => {
      const { exportState } = await import('./state-export.js');
      end(await exportState(options, io, terminal));
    });
  state
    .command('import')
    .argument('<file>', 'a state file, or what state export wrote')
    .description('add the clients and logins of another state file; what was revoked here stays revoked')
    .option(statePathOption.flags, statePathOption.description)
    .option('--client <id>', 'only this client and its logins (repeatable)', addValue)
    .option('--dry-run', 'tell what would be added, and change nothing')
    .option('--json', 'for programs: see vault-mcp-state(5)')
    .addHelpText(
      'after',
      examples(
        ['what a backup has that is gone here', 'vault-mcp state import backup.json --dry-run'],
        ['bring one client over', 'vault-mcp state import claude.json --client 3f9a1c'],
      ),
    )
    .action(async (file: string, options: ImportOptions) => {
      const { importState } = await import('./state-export.js');
      end(await importState(file, options, io, terminal));
    });
}

function addAddClient(state: Command, io: Io, terminal: Terminal, end: End): void {
  const collect = (uri: string, before: string[] | undefined) => [...(before ?? []), uri];
  state
    .command('add-client')
    .description('add a client for an app that asks for an ID and a secret; it is kept until it is forgotten')
    .option(statePathOption.flags, statePathOption.description)
    .requiredOption('--name <name>', 'what the approval page calls it')
    .addOption(
      new Option('--redirect-uri <uri>', 'where the app wants to be called back; may be given several times')
        .argParser(collect)
        .makeOptionMandatory(),
    )
    .option('--secret', 'make a secret, too; it is printed this once')
    .option('--json', 'for programs: see vault-mcp-state(5)')
    .addHelpText(
      'after',
      examples([
        'for Home Assistant',
        'vault-mcp state add-client --name "Home Assistant" --secret \\\n    --redirect-uri https://my.home-assistant.io/redirect/oauth',
      ]),
    )
    .action(async (options: AddClientOptions) => {
      const { addClientByHand } = await import('./state-add-client.js');
      end(await addClientByHand(options, io, terminal));
    });
}

function addRevoke(state: Command, io: Io, terminal: Terminal, end: End): void {
  const all = new Option('--all', 'end every grant').conflicts([
    'client',
    'grant',
    'token',
    'tokenStdin',
    'name',
    'idle',
    'olderThan',
  ]);
  state
    .command('revoke')
    .description('cut off clients, grants, the grants of tokens, or everybody; the running server obeys at once')
    .option(statePathOption.flags, statePathOption.description)
    .option('--client <id>', 'end all grants of this client; its registration stays (repeatable)', addValue)
    .option('--grant <id>', 'end this grant and all its tokens (repeatable)', addValue)
    .option('--token <fingerprint>', 'end the grant that this token belongs to (repeatable)', addValue)
    .option('--token-stdin', 'the same for a token itself, read from standard input')
    .option('--name <name>', 'end the grants of the clients of this name')
    .option('--idle <duration>', 'end the grants that were not used for so long, such as 90d')
    .option('--older-than <duration>', 'end the grants that were approved so long ago')
    .addOption(all)
    .option('--forget', 'with --client or --name: delete the registration too')
    .option('--forget-unused', 'delete the registrations that were approved once and have no grant left')
    .option('--dry-run', 'tell what would end, and change nothing')
    .option('--yes', 'do not ask; only --all does')
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

function addValue(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}
