import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../src/log.js';
import type { Draft } from '../src/state/rules/draft.js';
import { openServerStore } from '../src/state/store/open-server-store.js';
import { bin, freePort, scratchFolder, startServer } from '../test/e2e/server-process.js';
import { callTool } from './soak-calls.js';
import { benchToken } from './token.js';

const grants = 10_000;
const restarts = 7;
const runs = 15;

/**
 * Prints, with 10,000 grants in the state file, how long a restart without a passed socket takes from SIGTERM to the first
 * answered tools/call, and what the commands cost as multiples of a bare `node -e 0`, run in turns.
 */
export async function bench(): Promise<void> {
  const folder = await scratchFolder();
  try {
    const port = await freePort();
    const fewClients = join(folder.path, 'few.json');
    const manyClients = join(folder.path, 'many.json');
    await fill(fewClients, 500, port);
    await fill(manyClients, grants, port);
    const vault = join(folder.path, 'notes');
    await mkdir(vault);
    await writeFile(join(vault, 'note-0.md'), '# Note\n\nSome words to read.\n');
    await measureRestarts(vault, fewClients, port);
    measureCommands({
      'node -e 0': ['-e', '0'],
      '--version': [bin, '--version'],
      'state inspect, 500 clients': [bin, 'state', 'inspect', '--state-path', fewClients],
      'state inspect, 10,000 clients': [bin, 'state', 'inspect', '--state-path', manyClients],
      'state inspect --json, 500 clients': [bin, 'state', 'inspect', '--json', '--state-path', fewClients],
    });
  } finally {
    await folder.remove();
  }
}

async function measureRestarts(vault: string, state: string, port: number): Promise<void> {
  const args = ['--vault-path', vault, '--state-path', state];
  let server = await startServer({ port, args });
  const samples: { stopMs: number; allMs: number }[] = [];
  for (let restart = 0; restart < restarts; restart++) {
    await callTool(server.url, benchToken, 0, () => '');
    const begin = performance.now();
    const code = await server.stop('SIGTERM');
    if (code !== 0) throw new Error(`the server ended with ${code}`);
    const stopMs = performance.now() - begin;
    server = await startServer({ port, args });
    await callTool(server.url, benchToken, 0, () => '');
    samples.push({ stopMs, allMs: performance.now() - begin });
  }
  await server.stop('SIGTERM');
  const all = samples.map(({ allMs }) => allMs);
  const [middle, least, most] = [median(all), Math.min(...all), Math.max(...all)].map((ms) => (ms / 1000).toFixed(2));
  const stopping = (median(samples.map(({ stopMs }) => stopMs)) / 1000).toFixed(2);
  print(`restart with ${grants} grants: ${middle} s (${least} to ${most}), ${stopping} s of it stopping`);
}

function measureCommands(commands: Readonly<Record<string, readonly string[]>>): void {
  const times = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const [name, argv] of Object.entries(commands)) {
      const begin = performance.now();
      const { status } = spawnSync(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
      times.get(name)?.push(performance.now() - begin);
      if (status !== 0) throw new Error(`${name} ended with ${status}`);
    }
  }
  const bare = median(times.get('node -e 0') ?? []);
  for (const [name, ms] of times) print(`${name}: ${median(ms).toFixed(0)} ms, ${(median(ms) / bare).toFixed(1)} x`);
}

/** A state file with that many grants among that many clients, an access and a refresh token each; one token is known. */
async function fill(path: string, clients: number, port: number): Promise<void> {
  const resource = `http://127.0.0.1:${port}/mcp`;
  const store = await openServerStore({ path, resource, refreshTokenTtlSeconds: 3600, log: silentLog });
  await store.update((draft, { now }) => putManyGrants(draft, clients, resource, now));
  await store.close();
}

function putManyGrants(draft: Draft, clients: number, resource: string, now: number): void {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const scopes = ['vault:read', 'vault:write'];
  for (let index = 0; index < clients; index += 1) {
    draft.clients.put(`client-${index}`, {
      client_id: `client-${index}`,
      client_id_issued_at: now,
      approved_at: now,
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      token_endpoint_auth_method: 'none',
      client_name: 'Claude',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    });
  }
  for (let index = 0; index < grants; index += 1) {
    const grantId = `${index.toString(16).padStart(8, '0')}-5b5b-4a55-9a6e-5d1f6c6d7e8f`;
    const token = { grant_id: grantId, scopes, created_at: now, expires_at: now + 2_592_000 };
    draft.grants.put(grantId, {
      client_id: `client-${index % clients}`,
      scopes,
      resource,
      created_at: now,
      last_used_at: now,
      origin: 'approval',
    });
    draft.access_tokens.put(hash(index === 0 ? benchToken : `access ${index}`), token);
    draft.refresh_tokens.put(hash(`refresh ${index}`), token);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
