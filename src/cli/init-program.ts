import { type Command, Option } from 'commander';
import type { InitOptions } from './init.js';
import type { Io } from './io.js';
import { examples } from './program-help.js';
import type { Terminal } from './terminal.js';

export const proxies = ['caddy', 'nginx', 'cloudflared', 'none'] as const;

export function addInit(program: Command, io: Io, terminal: Terminal, end: (exitCode: number) => void): void {
  const init = program
    .command('init')
    .description('ask for what a server needs, make its folders and files, and print the lines for proxy and clients')
    .option('--vault-path <folder>', 'the folder of notes, made with a welcome note when it is missing')
    .option('--issuer-url <url>', 'the public URL')
    .option('--local', 'no public URL: for programs on this machine')
    .option('--port <number>', 'the port to listen on')
    .option('--state-path <file>', 'the state file, whose folder is made')
    .option('--pin-file <file>', 'the file of the PIN; a random one is made when it is missing')
    .option('--settings <file>', 'the file of settings to write, for --env-file')
    .option('--units <folder>', "write systemd's units there, or print them with -")
    .addOption(new Option('--proxy <name>', 'whose configuration to print').choices([...proxies]))
    .option('--overwrite', 'replace settings and units that say something else')
    .option('-n, --dry-run', 'change nothing, only say what would be')
    .option('-y, --yes', 'ask nothing: what has no flag is as --help says');
  init
    .addHelpText(
      'after',
      `
Without a flag: notes in ~/notes, no public URL, port 8091, all files in ~/.vault-mcp.
With --units: notes in /srv/notes, settings and PIN in /etc/vault-mcp, the state where the units keep it.
${examples(
  ['be asked', 'vault-mcp init'],
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
