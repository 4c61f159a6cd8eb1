import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateVault } from './generated-vault.js';
import type { SearchFigures } from './search-process.js';

const sizes = [1000, 10_000, 50_000];

/**
 * Prints how the notes side does in generated vaults, each start in a process of its own; `BENCH_NOTES=1000` picks the
 * sizes, `BENCH_VAULT=/path` a vault of yours instead.
 */
export async function bench(): Promise<void> {
  const own = process.env['BENCH_VAULT'];
  if (own !== undefined) return compare(own, own);
  const chosen = process.env['BENCH_NOTES']?.split(',').map(Number) ?? sizes;
  for (const count of chosen) {
    const root = await mkdtemp(join(tmpdir(), 'vault-mcp-vault-'));
    try {
      const bytes = await generateVault(root, count);
      await compare(`${count} notes, ${(bytes / 2 ** 20).toFixed(0)} MB`, root);
    } finally {
      await rm(root, { recursive: true });
    }
  }
}

async function compare(name: string, root: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-mcp-bench-'));
  try {
    process.stdout.write(`${name}\n`);
    print('built from nothing', await measure(folder, root));
    print('started from the catalogue', await measure(folder, root));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function print(name: string, figures: SearchFigures): void {
  const { listMs, searchMs, startMs, startCpuMs, p50Ms, p99Ms, updateMs, rssMb, peakMb, diskMb, chunks } = figures;
  process.stdout.write(
    `  ${name}: first list after ${listMs.toFixed(0)} ms, first search after ${searchMs.toFixed(0)} ms, ready after ${startMs.toFixed(0)} ms (${startCpuMs.toFixed(0)} ms of CPU, ${chunks} chunks), query p50 ${p50Ms.toFixed(1)} ms and p99 ` +
      `${p99Ms.toFixed(1)} ms, update seen after ${updateMs.toFixed(0)} ms, memory ${rssMb.toFixed(0)} MB (peak ${peakMb.toFixed(0)} MB), ${diskMb.toFixed(0)} MB on disk\n`,
  );
}

function measure(folder: string, root: string): Promise<SearchFigures> {
  const child = fork(`${import.meta.dirname}/search-process.js`, [folder, root]);
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as SearchFigures));
    child.once('exit', (code) => reject(new Error(`ended with code ${code}`)));
  });
}
