import { execFile } from 'node:child_process';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Login, logIn, refreshLogin, registerClient } from '../test/e2e/log-in.js';
import { bin, freePort, scratchFolder, startServer } from '../test/e2e/server-process.js';
import { callTool } from './soak-calls.js';
import { createReport } from './soak-report.js';

const minutes = Number(process.env['SOAK_MINUTES'] ?? 30);
const callsPerSecond = Number(process.env['SOAK_PER_SECOND'] ?? 100);
const clients = 10;
const notes = 500;
const sampleMs = 2_000;

const run = promisify(execFile);

/**
 * Loads the server as a process for SOAK_MINUTES (30) with SOAK_PER_SECOND (100) tool calls in both protocol eras, and beside
 * them refreshes, registrations, whole logins that are revoked, and prunes by the command. Prints what the server
 * holds in ten spans of that time, and every failure.
 */
export async function bench(): Promise<void> {
  const folder = await scratchFolder();
  const vault = join(folder.path, 'notes');
  await mkdir(vault);
  for (let note = 0; note < notes; note++) await writeFile(join(vault, `note-${note}.md`), noteText(note, 0));
  const state = join(folder.path, 'state.json');
  // Tokens that live for minutes: what the server keeps reaches its level early, and prunes have work.
  const lives = ['--access-token-ttl', '1m', '--refresh-token-ttl', '2m', '--refresh-grace', '1m'];
  const args = ['--vault-path', vault, '--state-path', state, '--metrics', 'local', ...lives];
  const server = await startServer({ port: await freePort(), args });
  try {
    await load(server.url, state);
  } finally {
    const code = await server.stop('SIGTERM');
    process.stdout.write(`the server ended with ${code}\n${warningsOf(server.output())}`);
    await folder.remove();
  }
}

async function load(url: string, state: string): Promise<void> {
  const report = createReport(minutes * 60_000);
  const logins = await Promise.all(Array.from({ length: clients }, () => logIn(url)));
  const running = new Set<Promise<void>>();
  const start = (kind: string, task: () => Promise<unknown>) => {
    const done = report.observe(kind, task).finally(() => running.delete(done));
    running.add(done);
  };
  let calls = 0;
  const call = () => {
    const number = calls++;
    const login = logins[number % clients];
    if (login !== undefined) start('call', () => callTool(url, login.accessToken, number, noteText));
  };
  let refreshes = 0;
  const refresh = () => {
    const number = refreshes++ % clients;
    start('refresh', async () => {
      logins[number] = await refreshLogin(url, logins[number] as Login);
    });
  };
  const revokeNewLogin = async () => {
    const { clientId, refreshToken } = await logIn(url, fromAnywhere());
    const body = new URLSearchParams({ client_id: clientId, token: refreshToken });
    const answer = await fetch(`${url}/revoke`, { method: 'POST', body });
    if (answer.status !== 200) throw new Error(`/revoke answered ${answer.status}`);
  };
  const startedMs = performance.now();
  const pace = setInterval(() => {
    while (calls < ((performance.now() - startedMs) / 1_000) * callsPerSecond) call();
  }, 5);
  const timers = [
    pace,
    setInterval(refresh, 1_000),
    // A thousand clients that nobody approved are kept: half an hour stays below.
    setInterval(() => start('register', () => registerClient(url, fromAnywhere())), 4_000),
    setInterval(() => start('login', revokeNewLogin), 20_000),
    setInterval(() => start('prune', () => run(process.execPath, [bin, ...pruneCommand, state])), 30_000),
    setInterval(() => start('sample', () => sample(url, state, report.sample)), sampleMs),
  ];
  await new Promise((resolve) => setTimeout(resolve, minutes * 60_000));
  for (const timer of timers) clearInterval(timer);
  await Promise.all(running);
  report.print(process.stdout);
}

const pruneCommand = ['state', 'prune-expired', '--quiet', '--state-path'];

async function sample(url: string, state: string, keep: (metrics: string, stateBytes: number) => void): Promise<void> {
  const answer = await fetch(`${url}/metrics`);
  keep(await answer.text(), (await stat(state)).size);
}

/** Sends from another address each time, as a trusted proxy would report it: one address may only register so often. */
function fromAnywhere(): typeof fetch {
  const address = `198.18.${Math.floor(Math.random() * 256)}.${Math.floor(Math.random() * 256)}`;
  return (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('X-Forwarded-For', address);
    return fetch(input, { ...init, headers });
  };
}

function noteText(note: number, revision: number): string {
  return `# Note ${note}\n\n**Status:** Active\n\n## Revision ${revision}\n\nThe lighthouse keeper counts ship ${note}.\n`;
}

function warningsOf(output: string): string {
  const lines = output.split('\n').filter((line) => /warn|error|MaxListeners/i.test(line));
  return lines.length === 0 ? 'it warned of nothing\n' : `it warned:\n${lines.slice(0, 20).join('\n')}\n`;
}
