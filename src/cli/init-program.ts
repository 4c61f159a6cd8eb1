import { type Command, Option } from 'commander';
import type { InitOptions } from './init.js';
import type { Io } from './io.js';
import { examples } from './program-help.js';
import type { Terminal } from './terminal.js';

export const proxies = ['caddy', 'nginx', 'cloudflared', 'none'] as const;

export function addInit(program: Command, io: Io, terminal: Terminal, end: (exitCode: number) => void): void {
  const init = program
    .command('init')
    .description(
      'ask for the settings of a server, create its files, and print the lines for the proxy and the clients',
    )
    .option('--vault-path <folder>', 'the folder of notes; if missing, it is created with a welcome note')
    .option('--issuer-url <url>', 'the public URL')
    .option('--local', 'no public URL: for programs on this machine')
    .option('--port <number>', 'the port to listen on')
    .option('--state-path <file>', 'the state file; its folder is created')
    .option('--pin-file <file>', 'the PIN file; if missing, it is created with a random PIN')
    .option('--settings <file>', 'the settings file to write, for --env-file')
    .option('--units <folder>', "write systemd's units there, or print them with -")
    .addOption(new Option('--proxy <name>', 'the proxy to print a configuration for').choices([...proxies]))
    .option('--overwrite', 'replace settings and units that have another content')
    .option('-n, --dry-run', 'change nothing; only say what would be changed')
    .option('-y, --yes', 'ask nothing; use the defaults below where no flag is given');
  init
    .addHelpText(
      'after',
      `
Defaults: notes in ~/notes, no public URL, port 8091, all files in ~/.vault-mcp.
With --units: notes in /srv/notes, settings and PIN in /etc/vault-mcp, the state in /var/lib/vault-mcp.
${examples(
  ['answer questions', 'vault-mcp init'],
  ['for this machine', 'vault-mcp init --yes --local --vault-path ~/notes'],
  [
    'as a service, with units of systemd',
    'sudo vault-mcp init --vault-path /srv/notes --issuer-url https://vault.example.com \\\n' +
      '    --units /etc/systemd/system --proxy caddy',
  ],
)}`,
    )
    .action(async () => {
      const { runInit } = await import('./init.js');
      end(await runInit(init.opts<InitOptions>(), io, terminal));
    });
}
