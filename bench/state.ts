import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../src/log.js';
import { readStateFile } from '../src/state/file/read-state-file.js';
import type { Draft } from '../src/state/rules/draft.js';
import { openCommandStore } from '../src/state/store/open-command-store.js';
import { openServerStore } from '../src/state/store/open-server-store.js';
import type { StateStore, Transition } from '../src/state/store/store.js';

const concurrencies = [1, 8, 64];
const registrationMs = 3_000;
const sizes = [10, 1_000, 10_000, 30_000, 100_000];
const savesOfEach = 15;

/**
 * Prints durable registrations per second against a bare write+fsync loop, and for growing files what a save, a re-read
 * and a start cost, and how long they hold the event loop. Set BENCH_FOLDER for another disk than that of the temporary folder.
 */
export async function bench(): Promise<void> {
  const folder = await mkdtemp(join(process.env['BENCH_FOLDER'] ?? tmpdir(), 'vault-mcp-bench-'));
  try {
    await benchRegistrations(folder);
    await benchSizes(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function benchRegistrations(folder: string): Promise<void> {
  const row = (name: string, { rate, p50, p99 }: Latencies, single?: Latencies) => {
    const ratio = single === undefined ? '' : `${(rate / single.rate).toFixed(1)}`;
    const saves = single === undefined ? '' : `${(p99 / single.p50).toFixed(1)} saves`;
    print([name, rate.toFixed(0), p50.toFixed(1), p99.toFixed(1), ratio, saves]);
  };
  print(['durable registrations', 'per s', 'p50 ms', 'p99 ms', 'x single', 'p99 in']);
  row('bare write+fsync loop', await benchBareWrites(join(folder, 'bare')));
  let single: Latencies | undefined;
  for (const concurrency of concurrencies) {
    const store = await openStore(join(folder, `at-once-${concurrency}.json`));
    let count = 0;
    const latencies = await repeatFor(registrationMs, concurrency, async () => {
      count += 1;
      await store.update(register(`client-${count}`));
    });
    await store.close();
    single ??= latencies;
    row(concurrency === 1 ? 'single saves, one after another' : `${concurrency} at once`, latencies, single);
  }
}

async function benchBareWrites(path: string): Promise<Latencies> {
  const handle = await open(path, 'w');
  const bytes = Buffer.alloc(4_096, 'x');
  const latencies = await repeatFor(registrationMs, 1, async () => {
    await handle.write(bytes, 0, bytes.length, 0);
    await handle.sync();
  });
  await handle.close();
  return latencies;
}

async function benchSizes(folder: string): Promise<void> {
  print([
    'records',
    'MB',
    'save ms',
    'hold ms',
    'all new ms',
    'hold ms',
    're-read ms',
    'hold ms',
    'start ms',
    'read ms',
  ]);
  for (const records of sizes) {
    const path = join(folder, `size-${records}.json`);
    const store = await openStore(path);
    await store.update((draft) => putManyRecords(draft, records));
    let count = 0;
    const save = await medianOf(savesOfEach, async () => {
      count += 1;
      await store.update(register(`more-${count}`));
    });
    const rewrite = await medianOf(3, async () => {
      await store.update((draft) => {
        for (const [id, client] of draft.clients.entries()) draft.clients.put(id, { ...client, again: count });
      });
    });
    const command = await openCommandStore(path);
    const reread = await medianOf(
      3,
      async () => {
        count += 1;
        await command.update(register(`more-${count}`));
      },
      () => store.freshView(),
    );
    await command.close();
    await store.close();
    const start = await medianOf(3, async () => (await openStore(path)).close());
    const read = await medianOf(3, async () => void (await readStateFile(path)));
    const megabytes = (await stat(path)).size / 1_000_000;
    print([
      String(records),
      megabytes.toFixed(2),
      ...[save, rewrite, reread].flatMap(({ ms, holdMs }) => [ms.toFixed(1), holdMs.toFixed(1)]),
      start.ms.toFixed(0),
      read.ms.toFixed(0),
    ]);
  }
}

function openStore(path: string): Promise<StateStore> {
  return openServerStore({ path, resource: 'https://vault.example/mcp', refreshTokenTtlSeconds: 1, log: silentLog });
}

function register(id: string): Transition<void> {
  return (draft) => draft.clients.put(id, clientRecord(id));
}

function clientRecord(id: string) {
  return {
    client_id: id,
    client_id_issued_at: 1_700_000_000,
    redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
    token_endpoint_auth_method: 'none',
    client_name: 'Claude',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
}

/** A third each of clients, access tokens and refresh tokens, as 30,000 = 10,000 clients and 20,000 tokens. */
function putManyRecords(draft: Draft, records: number): void {
  const hash = (digit: string, index: number) => index.toString(16).padStart(8, '0') + digit.repeat(56);
  const grantRecord = {
    client_id: 'client-0',
    scopes: ['vault:read', 'vault:write'],
    resource: 'https://vault.example/mcp',
    created_at: 1_700_000_000,
    last_used_at: 1_700_000_000,
    origin: 'approval' as const,
  };
  const tokenRecord = {
    grant_id: '0b9ac1a4-5b5b-4a55-9a6e-5d1f6c6d7e8f',
    scopes: grantRecord.scopes,
    created_at: 1_700_000_000,
    expires_at: 1_902_592_000,
  };
  draft.grants.put(tokenRecord.grant_id, grantRecord);
  for (let index = 0; index < records / 3; index += 1) {
    draft.clients.put(`client-${index}`, clientRecord(`client-${index}`));
    draft.access_tokens.put(hash('a', index), tokenRecord);
    draft.refresh_tokens.put(hash('b', index), tokenRecord);
  }
}

interface Latencies {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}

async function repeatFor(ms: number, concurrency: number, action: () => Promise<void>): Promise<Latencies> {
  const latencies: number[] = [];
  const start = performance.now();
  const lane = async () => {
    while (performance.now() - start < ms) {
      const before = performance.now();
      await action();
      latencies.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const seconds = (performance.now() - start) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { rate: latencies.length / seconds, p50: at(0.5), p99: at(0.99) };
}

/** Runs `prepare` and then the measured action (the first when there is but one); gives the median time, and the longest hold of the event loop. */
async function medianOf(
  times: number,
  first: () => Promise<unknown>,
  measured?: () => Promise<unknown>,
): Promise<{ ms: number; holdMs: number }> {
  const ms: number[] = [];
  const holds: number[] = [];
  for (let time = 0; time < times; time += 1) {
    if (measured !== undefined) await first();
    const watch = watchHolds();
    const start = performance.now();
    await (measured ?? first)();
    ms.push(performance.now() - start);
    holds.push(watch());
  }
  return { ms: median(ms), holdMs: Math.max(...holds) };
}

/** Watches the event loop until the returned function is called, which gives the longest time between two turns. */
function watchHolds(): () => number {
  let longest = 0;
  let last = performance.now();
  let watching = true;
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (watching) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    watching = false;
    turn();
    return longest;
  };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function print(cells: string[]): void {
  const [first = '', ...others] = cells;
  process.stdout.write(`${first.padEnd(32)}${others.map((cell) => cell.padStart(11)).join('')}\n`);
}
