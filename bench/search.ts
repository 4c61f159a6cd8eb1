import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateVault } from './generated-vault.js';
import type { SearchFigures } from './search-process.js';

const sizes = [1000, 10_000, 50_000];

/** Prints how search does in generated vaults, each start in a process of its own; `BENCH_NOTES=1000` picks the sizes. */
export async function bench(): Promise<void> {
  const chosen = process.env['BENCH_NOTES']?.split(',').map(Number) ?? sizes;
  for (const count of chosen) {
    const folder = await mkdtemp(join(tmpdir(), 'vault-mcp-bench-'));
    try {
      const bytes = await generateVault(join(folder, 'vault'), count);
      process.stdout.write(`${count} notes, ${(bytes / 2 ** 20).toFixed(0)} MB\n`);
      print('built from nothing', await measure(folder));
      print('started from cache', await measure(folder));
    } finally {
      await rm(folder, { recursive: true });
    }
  }
}

function print(name: string, figures: SearchFigures): void {
  const { startMs, startCpuMs, p50Ms, p99Ms, updateMs, rssMb, peakMb, chunks } = figures;
  process.stdout.write(
    `  ${name}: ready after ${startMs.toFixed(0)} ms (${startCpuMs.toFixed(0)} ms of CPU, ${chunks} chunks), query p50 ${p50Ms.toFixed(1)} ms and p99 ` +
      `${p99Ms.toFixed(1)} ms, update seen after ${updateMs.toFixed(0)} ms, memory ${rssMb.toFixed(0)} MB (peak ${peakMb.toFixed(0)} MB)\n`,
  );
}

function measure(folder: string): Promise<SearchFigures> {
  const child = fork(`${import.meta.dirname}/search-process.js`, [folder]);
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as SearchFigures));
    child.once('exit', (code) => reject(new Error(`ended with code ${code}`)));
  });
}
