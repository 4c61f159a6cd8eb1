import { type Command, Option } from 'commander';
import type { Io } from './io.js';
import { examples } from './program-help.js';
import type { Terminal } from './terminal.js';

/** Each command has options of its own type; commander makes them of the flags below. */
type Run = (options: never, io: Io, terminal: Terminal) => Promise<number>;

interface StateCommand {
  readonly name: string;
  readonly description: string;
  /** Beside `--state-path`: flags with what --help says of them, or commander's own. */
  readonly options: readonly (readonly [flags: string, description: string] | Option)[];
  /** True for a command that has `--json`. */
  readonly json: boolean;
  /** What --help ends with. */
  readonly help: string;
  /** Loads the code. */
  readonly load: () => Promise<Run>;
}

const commands: readonly StateCommand[] = [
  {
    name: 'inspect',
    description: 'show who is logged in, since when, and until when',
    options: [
      ['--client <id>', 'only this client: its ID, or the first 6 characters or more'],
      ['--name <text>', 'only clients with this text in their name or redirect URI'],
      ['--idle <duration>', 'only logins that were not used for this time, such as 30d'],
      ['--expired', 'only logins whose tokens have all expired'],
      ['--never-approved', 'only registrations that nobody approved'],
      new Option('--sort <order>', 'the order of the logins (default: used)').choices(
        'used since expires name host'.split(' '),
      ),
      ['--absolute', 'show times in UTC instead of ages'],
      ['--long', 'show clients with their grants and tokens, the oldest first'],
    ],
    json: true,
    help: examples(
      ['who has access', 'vault-mcp state inspect --state-path /var/lib/vault-mcp/state.json'],
      ['the names of all clients', "vault-mcp state inspect --json | jq -r '.clients[].name'"],
    ),
    load: async () => (await import('./state-inspect.js')).inspectState,
  },
  {
    name: 'prune-expired',
    description:
      'remove expired tokens, grants without a valid token, and registrations that nobody approved for 30 days',
    options: [
      ['--unused <duration>', 'also registrations without a grant that nobody used for this time, such as 90d'],
      ['--dry-run', 'list what would be removed, and change nothing'],
      new Option('--quiet', 'print nothing on success').conflicts('json'),
    ],
    json: true,
    help: examples(
      ['what would be removed', 'vault-mcp state prune-expired --dry-run'],
      [
        'in a crontab; the server may keep running',
        'PATH=/usr/local/bin:/usr/bin:/bin\n  17 3 * * *  vault-mcp state prune-expired --quiet',
      ],
    ),
    load: async () => (await import('./state-prune-expired.js')).pruneState,
  },
  {
    name: 'revoke',
    description:
      'revoke access: of clients, single grants, the grants of tokens, or everybody; a running server obeys at once',
    options: [
      repeatable('--client <id>', 'end all grants of this client; its registration stays'),
      repeatable('--grant <id>', 'end this grant and all its tokens'),
      repeatable('--token <fingerprint>', 'end the grant that this token belongs to'),
      ['--token-stdin', 'like --token, for a whole token that is read from standard input'],
      ['--name <name>', 'end the grants of the clients with this name'],
      ['--idle <duration>', 'end the grants that were not used for this time, such as 90d'],
      ['--older-than <duration>', 'end the grants that were approved longer ago than this'],
      new Option('--all', 'end every grant').conflicts('client grant token tokenStdin name idle olderThan'.split(' ')),
      ['--forget', 'with --client or --name: also delete the registration'],
      ['--forget-unused', 'delete the registrations that were approved once and have no grant left'],
      ['--dry-run', 'say what would end, and change nothing'],
      ['--yes', 'do not ask (only --all asks)'],
    ],
    json: true,
    help: `\nIDs and fingerprints may be shortened to their first 6 characters or more.\n${examples(
      ['revoke a client that inspect shows', 'vault-mcp state revoke --client 3f9a1c'],
      ['a token that leaked', 'vault-mcp state revoke --token-stdin < leaked-token'],
    )}`,
    load: async () => (await import('./state-revoke.js')).revokeAccess,
  },
  {
    name: 'add-client',
    description: 'add a client for an app that asks for an ID and a secret; it is kept until revoke --forget',
    options: [
      new Option('--name <name>', 'the name on the approval page').makeOptionMandatory(),
      repeatable('--redirect-uri <uri>', 'the redirect URI that the app shows').makeOptionMandatory(),
      ['--secret', 'also make a secret; it is printed only once'],
    ],
    json: true,
    help: examples([
      'for Home Assistant',
      'vault-mcp state add-client --name "Home Assistant" --secret \\\n    --redirect-uri https://my.home-assistant.io/redirect/oauth',
    ]),
    load: async () => (await import('./state-add-client.js')).addClientByHand,
  },
  {
    name: 'check',
    description: 'say whether the file is sound, what serve would do with it, and how to repair it',
    options: [],
    json: true,
    help: examples(
      ['is the file sound', 'vault-mcp state check --state-path /var/lib/vault-mcp/state.json'],
      ['is a backup', 'vault-mcp state check --state-path backup.json'],
    ),
    load: async () => (await import('./state-check.js')).checkState,
  },
  {
    name: 'export',
    description: 'write the state, or some clients with their logins, to standard output',
    options: [repeatable('--client <id>', 'only this client and its logins')],
    json: false,
    help: examples(
      ['a backup; the server may keep running', '(umask 077; vault-mcp state export > backup.json)'],
      ['one client', '(umask 077; vault-mcp state export --client 3f9a1c > claude.json)'],
    ),
    load: async () => (await import('./state-export.js')).exportState,
  },
  {
    name: 'import',
    description: 'add the clients and logins of another state file; what was revoked here stays revoked',
    options: [
      repeatable('--client <id>', 'only this client and its logins'),
      ['--dry-run', 'say what would be added, and change nothing'],
    ],
    json: true,
    help: examples(
      ['what a backup has that this file does not have', 'vault-mcp state import backup.json --dry-run'],
      ['add one client', 'vault-mcp state import claude.json --client 3f9a1c'],
    ),
    load: async () => (await import('./state-export.js')).importState,
  },
];

/** Adds `state` and its commands; each one's code is loaded when it runs. */
export function addState(program: Command, io: Io, terminal: Terminal, end: (exitCode: number) => void): void {
  const state = program.command('state').description('inspect, clean up and repair the state file; revoke access');
  for (const { name, description, options, json, help, load } of commands) {
    const command = state.command(name).description(description);
    if (name === 'import') command.argument('<file>', 'a state file, or what state export wrote');
    command.option('--state-path <file>', 'the state file (OAUTH_STATE_PATH)');
    for (const option of options) {
      if (option instanceof Option) command.addOption(option);
      else command.option(...option);
    }
    if (json) command.option('--json', 'for programs: see vault-mcp-state(5)');
    command.addHelpText('after', help).action(async () => {
      const run = await load();
      end(await run({ ...command.opts<object>(), file: command.args[0] } as never, io, terminal));
    });
  }
}

function repeatable(flags: string, description: string): Option {
  const add = (value: string, values: readonly string[] = []) => [...values, value];
  return new Option(flags, `${description} (repeatable)`).argParser(add);
}
