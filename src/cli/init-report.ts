import type { InitAnswers } from './init.js';
import { findProgram, readShipped, unitTexts } from './init-units.js';

const proxyFiles = { caddy: 'Caddyfile', nginx: 'nginx.conf', cloudflared: 'cloudflared.yml' } as const;

/** Returns what comes next: how to start, clean up, reach and connect the server. */
export async function reportOf(answers: InitAnswers): Promise<string> {
  const { statePath, pinFile, settingsFile, units, proxy } = answers;
  const url = `${answers.issuerUrl ?? `http://127.0.0.1:${answers.port}`}/mcp`;
  const sections: [title: string, lines: readonly string[]][] = [];
  const settings = `--env-file ${shellWord(settingsFile)}`;
  const unit = `${units === undefined || units === '-' ? '/etc/systemd/system' : units}/vault-mcp.service`;
  const found = await findProgram();
  const program = found.map(shellWord).join(' ');
  // In a clone there is no command of that name.
  const command = found.length === 1 ? 'vault-mcp' : program;
  if (units === undefined) sections.push(['Start it', [`${command} serve ${settings}`]]);
  else sections.push(['Start it, as root', startService(answers)]);
  sections.push(['Check it', [`${command} doctor ${units === undefined ? settings : `--unit ${shellWord(unit)}`}`]]);
  sections.push(['Read the PIN that the approval page asks for', [`cat ${shellWord(pinFile)}`]]);
  if (statePath !== undefined) {
    // To cron a % is the end of the line.
    const prune = `${program} state prune-expired --quiet --state-path ${shellWord(statePath)}`.replaceAll('%', '\\%');
    sections.push(['Clean up every night: a line for crontab -e', [`17 4 * * * ${prune}`]]);
  }
  if (units === '-') {
    for (const [name, text] of await unitTexts(answers))
      sections.push([`/etc/systemd/system/${name}`, text.trimEnd().split('\n')]);
  }
  if (proxy !== 'none') {
    const file = `docs/proxies/${proxyFiles[proxy]}`;
    sections.push([`The proxy: ${proxyFiles[proxy]}`, proxyLines(await readShipped(file), answers)]);
  }
  sections.push(['Connect', clientLines(url)]);
  return sections
    .map(([title, lines]) => `${title}:\n${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}`)
    .join('\n\n');
}

function startService({ vaultPath, units }: InitAnswers): string[] {
  return [
    'id vault-mcp || useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin vault-mcp',
    `chown -R vault-mcp: ${shellWord(vaultPath)}    # or give that user access to the notes through a group`,
    ...(units === '-' ? ['# write the units below to the files that their titles name'] : []),
    'systemctl daemon-reload',
    'systemctl enable --now vault-mcp.socket vault-mcp.service vault-mcp-prune.timer',
  ];
}

function proxyLines(text: string, { issuerUrl = '', port }: InitAnswers): string[] {
  return text
    .replaceAll('vault.example.com', () => new URL(issuerUrl).host)
    .replaceAll('127.0.0.1:8091', `127.0.0.1:${port}`)
    .trimEnd()
    .split('\n');
}

function clientLines(url: string): string[] {
  const isPublic = url.startsWith('https:');
  const json = JSON.stringify({ name: 'vault', type: 'http', url });
  const desktop = isPublic
    ? `Settings, Connectors, Add custom connector: ${url}`
    : `claude_desktop_config.json: ${JSON.stringify({ mcpServers: { vault: { command: 'npx', args: ['-y', 'mcp-remote', url] } } })}`;
  return [
    `Claude Code     claude mcp add --transport http vault ${shellWord(url)}`,
    `claude.ai       ${isPublic ? `Settings, Connectors, Add custom connector: ${url}` : 'needs a public URL'}`,
    `Claude Desktop  ${desktop}`,
    `ChatGPT         ${isPublic ? `Settings, Connectors, developer mode, Create: ${url}` : 'needs a public URL'}`,
    `VS Code         code --add-mcp ${shellWord(json)}`,
    `Cursor          ~/.cursor/mcp.json: ${JSON.stringify({ mcpServers: { vault: { url } } })}`,
  ];
}

function shellWord(text: string): string {
  return /^[\w/.:@%+,=~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
